# SPDX-License-Identifier: PostgreSQL
"""A Superset imports the bundle of bi/superset, and answers every chart. Run by run_superset.py with the Python of Superset.

Arguments: bundles. The output is a line for each check: `ok WHAT` or
`not ok: WHAT: WHY`; the last line is JSON: the ids of the dashboards.
"""
import json
import sys

from superset.app import create_app


def check(what, good, why=""):
    print(f"ok {what}" if good else f"not ok: {what}: {str(why)[:600]}".replace("\n", " "), flush=True)


def answer(client, chart):
    """Asks as reports and alerts of Superset do."""
    response = client.get(f"/api/v1/chart/{chart['id']}/data/?force=true")
    what = f"Superset answers {chart['slice_name']}"
    if response.status_code != 200:
        check(what, False, response.get_data(as_text=True))
        return
    results = response.get_json()["result"]
    check(what, all(r["status"] == "success" and r["error"] is None and not r["rejected_filters"] for r in results), results)
    check(what + " with rows", all(r["rowcount"] > 0 for r in results), "no rows")


def main():
    app = create_app()
    client = app.test_client()
    client.post("/login/", data={"username": "admin", "password": "admin"}, follow_redirects=True)
    for bundle in sys.argv[1:]:
        with open(bundle, "rb") as file:
            response = client.post("/api/v1/dashboard/import/", data={"formData": (file, "clientele.zip"), "overwrite": "true"},
                                   content_type="multipart/form-data")
        check("Superset imports " + bundle.rsplit("/", 1)[-1], response.status_code == 200, response.get_data(as_text=True))
    for dataset in client.get("/api/v1/dataset/?q=(page_size:200)").get_json()["result"]:
        # Superset reads the columns again from the database, and finds what the bundle says.
        before = client.get(f"/api/v1/dataset/{dataset['id']}").get_json()["result"]
        response = client.put(f"/api/v1/dataset/{dataset['id']}/refresh")
        after = client.get(f"/api/v1/dataset/{dataset['id']}").get_json()["result"]
        columns = [sorted((c["column_name"], c["type"], c["is_dttm"]) for c in one["columns"]) for one in (before, after)]
        check("Superset knows the columns of " + dataset["table_name"], response.status_code == 200 and columns[0] == columns[1],
              set(columns[0]) ^ set(columns[1]))
    listed = client.get("/api/v1/chart/?q=(page_size:200)").get_json()["result"]
    for chart in sorted(listed, key=lambda c: c["id"]):
        answer(client, chart)
    dashboards = client.get("/api/v1/dashboard/?q=(page_size:20)").get_json()["result"]
    print(json.dumps({d["dashboard_title"]: d["id"] for d in dashboards}))


if __name__ == "__main__":
    main()
