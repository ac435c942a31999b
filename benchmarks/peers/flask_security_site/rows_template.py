"""The page of 25 rows that each site shows."""

PEOPLE = [
    {"email": f"person-{number}@shop.example", "name": f"Person <{number}>", "joined": "3 March 2026"}
    for number in range(25)
]

ROWS = """<!doctype html>
<html lang="en"><head><title>{{ people|length }} people</title></head><body><h1>People</h1><table>
{% for one in people %}
<tr class="{{ loop.cycle('odd', 'even') }}"><td>{{ loop.index }}</td><td>{{ one.email }}</td><td>{{ one.name }}</td>
<td>{{ one.joined }}</td></tr>
{% endfor %}
</table></body></html>
"""
