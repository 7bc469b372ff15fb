// A merchant in JavaScript with fetch and node's own modules, written from the gateways' documents.
// Only the base URLs differ from a program for the real ones. It prints OK when everything went as documented.

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const env = process.env;
const received = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    if (request.method === 'POST') received.push({ url: request.url, headers: request.headers, body });
    response.end('ok');
  });
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const own = `http://127.0.0.1:${server.address().port}`;

const waitFor = async (what, look) => {
  for (let round = 0; round < 500; round += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((later) => setTimeout(later, 10));
  }
  throw new Error(`waited in vain for ${what}`);
};

const post = (url, body, headers = {}) => fetch(url, {
  method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body),
});

async function cinetpayCheckout() {
  const order = {
    apikey: env.APIKEY, site_id: Number(env.SITE_ID), transaction_id: 'JS-1', amount: 100, currency: 'XOF',
    description: 'Test paiement', channels: 'ALL', notify_url: `${own}/payment`, return_url: `${own}/back`,
    customer_name: 'Joe', customer_surname: 'Down', customer_email: '', customer_phone_number: '088767611',
    customer_address: 'BP 0024', customer_city: 'Antananarivo', customer_country: 'CM', customer_state: 'CM',
    customer_zip_code: '06510',
  };
  const created = await (await post(`${env.CHECKOUT_URL}/v2/payment`, order)).json();
  assert.equal(created.code, '201');
  const refused = await post(`${env.CHECKOUT_URL}/v2/payment`, { ...order, transaction_id: 'JS-2', amount: 101 });
  assert.ok(!refused.ok);
  assert.equal((await refused.json()).code, '608');
  await waitFor('the payment', async () => {
    // One published client sends a member that nobody asked for.
    const question = {
      apiKey: env.APIKEY, apikey: env.APIKEY, site_id: env.SITE_ID, token: created.data.payment_token,
    };
    const state = await (await post(`${env.CHECKOUT_URL}/v2/payment/check`, question)).json();
    return state.code === '00' && state.data.status === 'ACCEPTED';
  });
  const last = await waitFor('its notification', () => received.find((one) => one.url === '/payment'
    && new URLSearchParams(one.body).get('cpm_error_message') === 'SUCCES'));
  const form = new URLSearchParams(last.body);
  const names = ['cpm_site_id', 'cpm_trans_id', 'cpm_trans_date', 'cpm_amount', 'cpm_currency', 'signature',
    'payment_method', 'cel_phone_num', 'cpm_phone_prefixe', 'cpm_language', 'cpm_version',
    'cpm_payment_config', 'cpm_page_action', 'cpm_custom', 'cpm_designation', 'cpm_error_message'];
  const message = names.map((name) => form.get(name) ?? '').join('');
  assert.equal(last.headers['x-token'], createHmac('sha256', env.SECRET_KEY).update(message).digest('hex'));
}

async function cinetpayTransfer() {
  const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });
  const login = await fetch(`${env.TRANSFER_URL}/v1/auth/login`,
    form({ apikey: env.APIKEY, password: env.PASSWORD }));
  const { token } = (await login.json()).data;
  const call = async (path, fields) => (await fetch(
    `${env.TRANSFER_URL}/v1/transfer/${path}${path.includes('?') ? '&' : '?'}token=${token}`,
    fields ? form(fields) : undefined,
  )).json();
  const contact = [{ prefix: '221', phone: '771234567', name: 'A', surname: 'B', email: 'a@b.sn' }];
  assert.equal((await call('contact', { data: JSON.stringify(contact) })).data.flat()[0].code, 0);
  const order = [{
    prefix: '221', phone: '771234567', amount: 1000, notify_url: `${own}/transfer`,
    client_transaction_id: 'JS-T1', payment_method: 'WAVESN',
  }];
  const sent = (await call('money/send/contact', { data: JSON.stringify(order) })).data.flat()[0];
  assert.deepEqual([sent.code, sent.treatment_status], [0, 'NEW']);
  await waitFor('the transfer', async () => {
    const state = await call('check/money?client_transaction_id=JS-T1');
    return state.data[0].treatment_status === 'VAL' && state.data[0].operator === 'WAVESN';
  });
}

async function bitlipa() {
  const text = (node, prefix = '') => Object.entries(node).map(([key, value]) => {
    if (value !== null && typeof value === 'object') return text(value, `${prefix}${key}.`);
    return key === 'signature' ? '' : `${prefix}${key}${value}`;
  }).join('');
  const sign = (body) => createHmac('sha512', env.BITLIPA_SECRET).update(text(body)).digest('hex');
  const call = async (name, body) => {
    const signed = { merchant_id: env.MERCHANT_ID, ...body };
    return (await post(`${env.BITLIPA_URL}/${env.PUBLIC_ID}/${name}`, { ...signed, signature: sign(signed) })).json();
  };
  const order = {
    order_id: 'JS-1', customer_id: '254700000001', amount: '100.00', currency: 'KES', country: 'KE',
    callback_url: `${own}/bitlipa`, provider_id: 199,
    extra: { customer_name: 'A B', customer_email: 'a@b.ke' },
  };
  const first = await call('payment_c2b', order);
  assert.deepEqual([first.status, first.result.code], [1, 0]);
  const callback = await waitFor('the callback', () => received.find((one) => one.url === '/bitlipa'));
  const body = JSON.parse(callback.body);
  assert.equal(body.signature, sign(body));
  assert.equal((await call('status', { order_id: 'JS-1' })).status, 2);
  assert.deepEqual(await call('payment_c2b', order), first);
  const forged = await post(`${env.BITLIPA_URL}/${env.PUBLIC_ID}/status`,
    { merchant_id: env.MERCHANT_ID, order_id: 'JS-1', signature: 'none' });
  assert.equal((await forged.json()).result.code, 10201);
}

async function adullam() {
  const headers = { Authorization: `Bearer ${env.ADULLAM_TOKEN}`, 'Idempotency-Key': randomUUID() };
  const order = { amount: 5000, currency: 'XOF', user_phone: '+22507987654' };
  const first = await post(`${env.ADULLAM_URL}/v1/checkouts`, order, headers);
  assert.equal(first.status, 201);
  const { id } = await first.json();
  await waitFor('the checkout', async () => {
    const again = await post(`${env.ADULLAM_URL}/v1/checkouts`, order, headers);
    const body = await again.json();
    assert.deepEqual([again.status, body.id], [200, id]);
    return body.status === 'completed';
  });
}

await cinetpayCheckout();
await cinetpayTransfer();
await bitlipa();
await adullam();
console.log('OK');
server.close();
server.closeAllConnections();
