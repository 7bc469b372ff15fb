// The documentation's example page, with the lines that it lost.
"use strict";
(() => {
  const form = document.getElementById("demo");
  const result = document.getElementById("result");
  const show = (kind, title, data) => {
    result.className = kind;
    result.replaceChildren();
    const line = document.createElement("p");
    line.textContent = title;
    const all = document.createElement("pre");
    all.textContent = JSON.stringify(data, null, 2);
    result.append(line, all);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    result.className = "";
    result.replaceChildren();
    CinetPay.setConfig({
      apikey: form.dataset.apikey,
      site_id: form.dataset.siteId,
      notify_url: form.elements.notify_url.value,
      mode: "PRODUCTION",
    });
    CinetPay.getCheckout({
      transaction_id: Math.floor(Math.random() * 100000000).toString(),
      amount: Number(form.elements.amount.value),
      currency: form.elements.currency.value,
      channels: "ALL",
      description: form.elements.description.value,
    });
    CinetPay.waitResponse((data) => {
      if (data.status === "REFUSED") {
        show("bad", form.dataset.refused, data);
      } else if (data.status === "ACCEPTED") {
        show("good", form.dataset.accepted, data);
      }
    });
    CinetPay.onError((data) => show("bad", form.dataset.error, data));
  });
})();
