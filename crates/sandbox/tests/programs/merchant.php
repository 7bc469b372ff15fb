<?php
// A merchant in PHP with cURL, written as PHP programs for CinetPay are: amounts from forms are texts, and an
// array given to CURLOPT_POSTFIELDS goes out as multipart/form-data. Prints OK when everything went well.

function post(string $url, $body, array $headers = []): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 45,
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_USERAGENT => 'Mozilla/4.0 (compatible; MSIE 5.01; Windows NT 5.0)',
        CURLOPT_HTTPHEADER => $headers,
    ]);
    $text = curl_exec($curl);
    if ($text === false) {
        throw new Exception(curl_error($curl));
    }
    return json_decode($text, true) ?? ['text' => $text];
}

function same($expected, $given, string $what): void
{
    if ($expected != $given) {
        throw new Exception($what . ': ' . var_export($given, true));
    }
}

$account = ['apikey' => getenv('APIKEY'), 'site_id' => getenv('SITE_ID')];
$order = $account + [
    'transaction_id' => date('YmdHis'), 'amount' => '1500', 'currency' => 'XOF', 'description' => 'Commande',
    'customer_name' => 'Kouadio', 'customer_surname' => 'Ange', 'notify_url' => 'http://127.0.0.1:9/notify',
    'return_url' => 'http://127.0.0.1:9/back', 'channels' => 'ALL', 'metadata' => null, 'lang' => 'fr',
    'invoice_data' => ['Data 1' => '', 'Data 2' => '', 'Data 3' => ''], 'customer_email' => '',
    'customer_phone_number' => '', 'customer_address' => '', 'customer_city' => '', 'customer_country' => '',
    'customer_state' => '', 'customer_zip_code' => '', 'alternative_currency' => '',
];
$json = ['content-type:application/json'];
$checkout = getenv('CHECKOUT_URL') . '/v2/payment';
$created = post($checkout, json_encode($order), $json);
same('201', $created['code'] ?? null, 'payment ' . json_encode($created));
for ($round = 0; $round < 300; $round++) {
    $state = post("$checkout/check", json_encode($account + ['transaction_id' => $order['transaction_id']]), $json);
    if ($state['code'] == '00') {
        break;
    }
    usleep(10000);
}
same('ACCEPTED', $state['data']['status'] ?? null, 'check');

// As a class with a property for every parameter sends it: what was not set is null, the amount a number.
$order = $account + ['transaction_id' => '10' . date('YmdHis'), 'amount' => 500, 'currency' => 'XOF',
    'description' => 'Commande', 'customer_name' => 'Kouadio', 'customer_surname' => 'Ange',
    'notify_url' => 'http://127.0.0.1:9/notify', 'return_url' => 'http://127.0.0.1:9/back', 'channels' => 'ALL',
    'alternative_currency' => 'EUR', 'customer_email' => null, 'customer_phone_number' => null,
    'customer_address' => null, 'customer_city' => null, 'customer_country' => null, 'customer_state' => null,
    'customer_zip_code' => null, 'metadata' => null, 'invoice_data' => []];
$created = post($checkout, json_encode($order), $json);
same('201', $created['code'] ?? null, 'nulls ' . json_encode($created));
// PHP's cURL names no agent unless it is told to.
same('error code: 1010', post($checkout, json_encode($order), ['Content-Type: application/json', 'User-Agent:'])['text'] ?? null, 'agent');

$transfer = getenv('TRANSFER_URL') . '/v1';
$login = post("$transfer/auth/login", ['apikey' => getenv('APIKEY'), 'password' => getenv('PASSWORD')]);
same(0, $login['code'] ?? null, 'login');
$token = $login['data']['token'];
$contact = [['prefix' => 225, 'phone' => '0504315545', 'name' => 'Test & A', 'surname' => 'B', 'email' => 'a@b.ci']];
$added = post("$transfer/transfer/contact?token=$token&lang=fr", ['data' => json_encode($contact)]);
same(0, $added['data'][0][0]['code'] ?? null, 'contact');
$order = [['prefix' => '225', 'phone' => '0504315545', 'amount' => '500', 'notify_url' => 'http://127.0.0.1:9/n']];
$sent = post("$transfer/transfer/money/send/contact?token=$token", http_build_query(['data' => json_encode($order)]));
same('NEW', $sent['data'][0][0]['treatment_status'] ?? null, 'send');
echo 'OK';
