// An export in the shape of listmonk's: a count, then one prepared statement for batches of 1,000 rows by key, rows into structs by
// sqlx, encoding/csv, a flush a batch. With the formula guard and the flattened data fields that ours has.
package main

import (
	"database/sql"
	"encoding/csv"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
)

const batch = 1000

const query = `
SELECT id, email, mobile, opt_in_type, email_type, status, coalesce(data ->> 'FIRSTNAME', '') AS first_name,
       coalesce(data ->> 'LASTNAME', '') AS last_name, coalesce(data ->> 'FULLNAME', '') AS full_name,
       coalesce(data ->> 'POSTCODE', '') AS postcode, created_at, updated_at
FROM contacts WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`

type contact struct {
	ID        int64        `db:"id"`
	Email     string       `db:"email"`
	Mobile    string       `db:"mobile"`
	OptIn     string       `db:"opt_in_type"`
	EmailType string       `db:"email_type"`
	Status    string       `db:"status"`
	FirstName string       `db:"first_name"`
	LastName  string       `db:"last_name"`
	FullName  string       `db:"full_name"`
	Postcode  string       `db:"postcode"`
	Created   sql.NullTime `db:"created_at"`
	Updated   sql.NullTime `db:"updated_at"`
}

func guard(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

func export(db *sqlx.DB, w http.ResponseWriter, r *http.Request) error {
	var count int
	if err := db.Get(&count, "SELECT count(*) FROM contacts WHERE account_id = $1", r.URL.Query().Get("account")); err != nil {
		return err
	}
	statement, err := db.Preparex(query)
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
		var found []contact
		if err := statement.Select(&found, r.URL.Query().Get("account"), last, batch); err != nil {
			return err
		}
		for _, c := range found {
			if err := out.Write([]string{guard(c.Email), guard(c.Mobile), c.OptIn, c.EmailType, c.Status,
				guard(c.FirstName), guard(c.LastName), guard(c.FullName), guard(c.Postcode),
				c.Created.Time.UTC().Format(time.RFC3339), c.Updated.Time.UTC().Format(time.RFC3339)}); err != nil {
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
		last = found[len(found)-1].ID
	}
}

func main() {
	db, err := sqlx.Open("postgres", os.Args[2])
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
