"""A merchant in Python with nothing but the standard library, written from CinetPay's documents.

Only the base URLs differ from a program for the real gateway. It prints OK when everything went as documented.
"""

import hashlib
import hmac
import http.client
import http.server
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

CHECKOUT = os.environ["CHECKOUT_URL"]
TRANSFER = os.environ["TRANSFER_URL"]
APIKEY = os.environ["APIKEY"]
SITE_ID = os.environ["SITE_ID"]
SECRET_KEY = os.environ["SECRET_KEY"]
PASSWORD = os.environ["PASSWORD"]

FIELDS = (
    "cpm_site_id cpm_trans_id cpm_trans_date cpm_amount cpm_currency signature payment_method cel_phone_num "
    "cpm_phone_prefixe cpm_language cpm_version cpm_payment_config cpm_page_action cpm_custom cpm_designation "
    "cpm_error_message"
).split()

notifications = []


class Merchant(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        notifications.append((self.path, self.headers.get("x-token"), form))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


def post_json(path, body, agent=None):
    request = urllib.request.Request(
        CHECKOUT + path,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **({} if agent is None else {"User-Agent": agent})},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(what, look):
    for _ in range(500):
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise SystemExit("waited in vain for " + what)


def checkout(own_url):
    order = {
        "apikey": APIKEY,
        "site_id": SITE_ID,
        "transaction_id": "PY-1",
        "amount": 2500,
        "currency": "XOF",
        "description": "Achat été",
        "notify_url": own_url + "/payment",
        "return_url": own_url + "/back",
        "channels": "ALL",
        "metadata": "user001",
    }
    status, text = post_json("/v2/payment", order, agent="")
    assert (status, text) == (403, "error code: 1010"), text
    status, text = post_json("/v2/payment", order)
    created = json.loads(text)
    assert created["code"] == "201", text
    assert created["data"]["payment_url"].endswith("/payment/" + created["data"]["payment_token"])
    status, text = post_json("/v2/payment", {**order, "apikey": "wrong"})
    assert json.loads(text)["code"] == "609", text

    def paid():
        question = {"apikey": APIKEY, "site_id": SITE_ID, "transaction_id": "PY-1"}
        answer = json.loads(post_json("/v2/payment/check", question)[1])
        assert answer["code"] in ("662", "00"), answer
        return answer if answer["data"]["status"] == "ACCEPTED" else None

    state = wait_for("the payment", paid)
    assert int(state["data"]["amount"]) == 2500 and state["data"]["metadata"] == "user001"
    last = wait_for(
        "the notification",
        lambda: [n for n in notifications if n[0] == "/payment" and n[2]["cpm_error_message"] == "SUCCES"],
    )
    _, token, form = last[0]
    message = "".join(form.get(name, "") for name in FIELDS)
    expected = hmac.new(SECRET_KEY.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert hmac.compare_digest(token, expected)
    assert form["cpm_site_id"] == SITE_ID and form["cpm_designation"] == "Achat été"


def transfer(own_url):
    host = urllib.parse.urlsplit(TRANSFER).netloc
    connection = http.client.HTTPConnection(host, timeout=10)

    def call(method, path, query=None, fields=None):
        url = path + ("?" + urllib.parse.urlencode(query) if query else "")
        body = urllib.parse.urlencode(fields) if fields else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        connection.request(method, url, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    status, answer = call("POST", "/v1/auth/login", fields={"apikey": APIKEY, "password": "wrong"})
    assert status == 401 and answer["code"] == "701", answer
    _, answer = call("POST", "/v1/auth/login", {"lang": "fr"}, {"apikey": APIKEY, "password": PASSWORD})
    query = {"token": answer["data"]["token"], "lang": "fr"}
    _, answer = call("GET", "/v1/transfer/check/balance", query)
    assert set(answer["data"]) == {"amount", "inUsing", "available"}, answer
    order = [
        {
            "prefix": "225",
            "phone": "0707070707",
            "amount": 500,
            "notify_url": own_url + "/transfer",
            "client_transaction_id": "PY-T1",
        }
    ]
    _, answer = call("POST", "/v1/transfer/money/send/contact", query, {"data": json.dumps(order)})
    assert answer["data"][0][0]["code"] == 724, answer
    contact = [{"prefix": "225", "phone": "0707070707", "name": "A", "surname": "B", "email": "a@b.ci"}]
    for code in (0, 726):
        _, answer = call("POST", "/v1/transfer/contact", query, {"data": json.dumps(contact)})
        assert answer["code"] == 0 and answer["data"][0][0]["code"] == code, answer
    for code in (0, 805):
        _, answer = call("POST", "/v1/transfer/money/send/contact", query, {"data": json.dumps(order)})
        assert answer["data"][0][0]["code"] == code, answer

    def delivered():
        _, answer = call("GET", "/v1/transfer/check/money", {**query, "client_transaction_id": "PY-T1"})
        return answer["data"][0]["treatment_status"] == "VAL"

    wait_for("the transfer", delivered)
    wait_for(
        "its notification",
        lambda: [n for n in notifications if n[0] == "/transfer" and n[2]["treatment_status"] == "VAL"],
    )


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Merchant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own_url = "http://127.0.0.1:%d" % server.server_address[1]
    checkout(own_url)
    transfer(own_url)
    print("OK")


main()
