<?php

// Checks aio.php against docs/encryption-vectors.json and, when AIO_URL is set, against a server.

declare(strict_types=1);

require __DIR__ . '/aio.php';

use Aio\{AioException, Client};

function step(string $name, bool $passed): void
{
    echo $passed ? 'ok   ' : 'FAIL ', $name, "\n";
    $passed || exit(1);
}

function refused(string $code, callable $call): bool
{
    try {
        $call();
        return false;
    } catch (AioException $error) {
        return [$error->status, $error->problem['code']] === [400, $code];
    }
}

function exchange(array $vector): array
{
    return [$vector['method'], $vector['target'], $vector['timestamp'], $vector['request_id']];
}

/** A client that has the API key and AES key of the vectors. */
function holder(array $vectors, string $encryption): Client
{
    $api_key = 'aio_test_' . explode('_', $vectors['key_id'])[1] . '_' . str_repeat('0', 49);
    return new Client('https://localhost', $api_key, $vectors['aes_key'], (int) explode('=', $encryption)[1]);
}

function opened(array $vectors, array $vector): string|false
{
    return holder($vectors, $vector['encryption'])->open(exchange($vector), $vector['body'], $vector['status'] ?? null);
}

function check_vectors(): void
{
    $vectors = json_decode(file_get_contents(__DIR__ . '/../../encryption-vectors.json'), true);
    foreach (array_filter($vectors['messages'], fn ($vector) => $vector['body'] !== '') as $vector) {
        ['plaintext' => $plain, 'body' => $body, 'name' => $name] = $vector;
        [$status, $iv] = [$vector['status'] ?? null, base64_decode($vector['iv'])];
        $sealed = holder($vectors, $vector['encryption'])->seal(exchange($vector), $plain, $status, $iv);
        step("seals $name", $sealed === $body);
        step("opens $name", opened($vectors, $vector) === $plain);
    }
    foreach ($vectors['refused'] as $vector) {
        step("refuses {$vector['why']}", opened($vectors, $vector) === false);
    }
}

function check_server(array $env): void
{
    $client = fn ($aes_key, $version) => new Client($env['AIO_URL'], $env['AIO_API_KEY'], $aes_key, (int) $version);
    $aio = $client($env['AIO_AES_KEY'], $env['AIO_AES_VERSION']);
    $me = $aio->call('GET', '/v1/whoami');
    step('whoami', $me['key']['id'] === 'key_' . explode('_', $env['AIO_API_KEY'])[2]);

    $text = ['你好' => '世界 ✓ 50 €', 'quotes' => '"\'\\/ <b>&'];
    step('echo of text in Chinese', $aio->call('POST', '/v1/echo', $text) === $text);

    $once = bin2hex(random_bytes(16));
    $twice = [$aio->call('POST', '/v1/echo', $text, $once), $aio->call('POST', '/v1/echo', $text, $once)];
    step('the same Idempotency-Key twice gives the same body', $twice === [$text, $text]);

    $request = $aio->prepare('POST', '/v1/echo', $text);
    step('a request', $aio->send(...$request) === $text);
    step('the same bytes again are refused', refused('encryption_invalid', fn () => $aio->send(...$request)));

    $future = $client($env['AIO_AES_KEY'], $env['AIO_AES_VERSION'] + 1000);
    $call = fn () => $future->call('POST', '/v1/echo', $text);
    step('a version to come is refused', refused('encryption_invalid', $call));

    if (isset($env['AIO_OLD_AES_KEY'])) {
        $old = $client($env['AIO_OLD_AES_KEY'], $env['AIO_OLD_AES_VERSION']);
        $call = fn () => $old->call('POST', '/v1/echo', $text);
        step('a version of the past is named', refused('aes_key_replaced', $call));
    }
}

// A missing variable is a warning in PHP; here it ends the check.
set_error_handler(fn ($level, $text) => throw new ErrorException($text));
check_vectors();
if (getenv('AIO_URL') !== false) {
    check_server(getenv());
}
