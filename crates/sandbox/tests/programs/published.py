"""Clients of CinetPay's checkout that others have published on PyPI, with only their base URL changed.

Prints which of them are missing, and OK when those that are there were served.
"""

import asyncio
import importlib.util
import os
import time
import types

CHECKOUT = os.environ["CHECKOUT_URL"]


def cinetpay():
    """cinetpay 0.0.1, over httpx."""
    from cinetpay import Client, Config, Credential, Customer, Order

    credentials = Credential(apikey=os.environ["APIKEY"], site_id=os.environ["SITE_ID"])
    config = Config(host=CHECKOUT, credentials=credentials, channels="ALL", language="fr", currency="XOF",
                    lock_phone_number=True, raise_on_error=True)
    client = Client(config)
    customer = Customer("u1", "Kouadio", "Ange", "+2250707070707")
    order = Order("PYPI-1", 1500, customer, notify_url="http://127.0.0.1:9/n", return_url="http://127.0.0.1:9/r")
    created = client.initialize_transaction(order).response.json()
    assert created["code"] == "201" and created["data"]["payment_url"].startswith(CHECKOUT), created

    def paid():
        state = client.get_transaction(_id="PYPI-1").response.json()
        return state["code"] == "00" and state["data"]["status"] == "ACCEPTED"

    wait_for(paid)


def paygate_africa():
    """paygate-africa 0.1.2, over urllib with the agent that it names by itself."""
    os.environ.update(CINETPAY_SITE_ID=os.environ["SITE_ID"], CINETPAY_API_KEY=os.environ["APIKEY"],
                      CINETPAY_SECRET_KEY=os.environ["SECRET_KEY"], CINETPAY_BASE_URL=CHECKOUT + "/v2/")
    from paygate_africa.cinetpay.client import CinetPayProvider

    order = types.SimpleNamespace(id="PYPI-2", amount=2500, currency="XOF", description=None,
                                  user_name="Ange Kouadio", user_email="a@b.ci", user_phone=None)
    provider = CinetPayProvider()
    assert asyncio.run(provider.initiate_payment(order)).startswith(CHECKOUT)
    wait_for(lambda: asyncio.run(provider.verify_payment("PYPI-2"))["status"] == "SUCCESS")


def wait_for(look):
    for _ in range(500):
        if look():
            return
        time.sleep(0.01)
    raise SystemExit("waited in vain for a payment")


for client in (cinetpay, paygate_africa):
    if importlib.util.find_spec(client.__name__) is None:
        print("MISSING " + client.__name__)
    else:
        client()
print("OK")
