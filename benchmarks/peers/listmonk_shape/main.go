// An export in the shape of listmonk's: one prepared statement for batches of 1,000 rows by key, rows into structs,
// encoding/csv, a flush a batch. With the formula guard and the flattened data fields that ours has.
package main

import (
	"database/sql"
	"encoding/csv"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	_ "github.com/lib/pq"
)

const batch = 1000

const query = `
SELECT id, email, mobile, opt_in_type, email_type, status, coalesce(data ->> 'FIRSTNAME', ''),
       coalesce(data ->> 'LASTNAME', ''), coalesce(data ->> 'FULLNAME', ''), coalesce(data ->> 'POSTCODE', ''),
       created_at, updated_at
FROM contacts WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`

type contact struct {
	id                                                                               int64
	email, mobile, optIn, emailType, status, firstName, lastName, fullName, postcode string
	created, updated                                                                 time.Time
}

func guard(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

func export(db *sql.DB, w http.ResponseWriter, r *http.Request) error {
	statement, err := db.Prepare(query)
	if err != nil {
		return err
	}
	defer statement.Close()
	out := csv.NewWriter(w)
	if err := out.Write([]string{"Email", "Mobile", "OptInType", "EmailType", "Status", "FIRSTNAME", "LASTNAME",
		"FULLNAME", "POSTCODE", "DateCreated", "LastUpdated"}); err != nil {
		return err
	}
	last := int64(0)
	for {
		rows, err := statement.Query(r.URL.Query().Get("account"), last, batch)
		if err != nil {
			return err
		}
		found := make([]contact, 0, batch)
		for rows.Next() {
			var c contact
			if err := rows.Scan(&c.id, &c.email, &c.mobile, &c.optIn, &c.emailType, &c.status, &c.firstName,
				&c.lastName, &c.fullName, &c.postcode, &c.created, &c.updated); err != nil {
				return err
			}
			found = append(found, c)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, c := range found {
			if err := out.Write([]string{guard(c.email), guard(c.mobile), c.optIn, c.emailType, c.status,
				guard(c.firstName), guard(c.lastName), guard(c.fullName), guard(c.postcode),
				c.created.UTC().Format(time.RFC3339), c.updated.UTC().Format(time.RFC3339)}); err != nil {
				return err
			}
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return err
		}
		if len(found) < batch {
			return nil
		}
		last = found[len(found)-1].id
	}
}

func main() {
	db, err := sql.Open("postgres", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {})
	http.HandleFunc("/export", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		if err := export(db, w, r); err != nil {
			log.Print(err)
			panic(http.ErrAbortHandler)
		}
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
