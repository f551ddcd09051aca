<?php

// Who am I, and does the server hear me? Set AIO_URL, AIO_API_KEY and, to encrypt, AIO_AES_KEY and AIO_AES_VERSION.

declare(strict_types=1);

require __DIR__ . '/aio.php';

$aio = new Aio\Client(
    getenv('AIO_URL'),
    getenv('AIO_API_KEY'),
    getenv('AIO_AES_KEY') ?: null,
    (int) getenv('AIO_AES_VERSION') ?: null,
);
try {
    print_r($aio->call('GET', '/v1/whoami'));
    print_r($aio->call('POST', '/v1/echo', ['hello' => 'AIO'], 'example-1'));
} catch (Aio\AioException $error) {
    fwrite(STDERR, "{$error->getMessage()} (request {$error->problem['request_id']})\n");
    exit(1);
}
