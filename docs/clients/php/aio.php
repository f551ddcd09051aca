<?php

// AIO merchant API, with plain or encrypted bodies (docs/encryption.md). One file for PHP 8.2 with openssl: copy it.

declare(strict_types=1);

namespace Aio;

/** A problem (code, title, request_id). Verified: it came encrypted, so nobody on the way wrote it. */
final class AioException extends \RuntimeException
{
    public function __construct(public int $status, public array $problem, public bool $verified)
    {
        $this->problem += ['code' => 'invalid_response', 'title' => 'it cannot be trusted or read', 'request_id' => ''];
        parent::__construct("$status {$this->problem['code']}: {$this->problem['title']}", $status);
    }
}

final class Client
{
    private const ENVELOPE = '{"iv":"%s","encrypted_data":"%s"}';
    private array $keys = [];

    public function __construct(
        private readonly string $url,
        #[\SensitiveParameter] private readonly string $apiKey,
        #[\SensitiveParameter] ?string $aesKey = null,
        private readonly ?int $aesVersion = null,
        private readonly float $timeout = 30,
    ) {
        $secret = $aesKey === null ? '' : base64_decode($aesKey, true);
        $formed = preg_match('/^aio_(?:live|test)_[0-9a-z]{26}_[0-9A-Za-z]{49}$/D', $apiKey)
            && preg_match('#^https?://[^/?\#@\s]+/?$#D', $url);
        if (!$formed || ($aesKey !== null && ($aesVersion < 1 || strlen((string) $secret) !== 32))) {
            throw new \InvalidArgumentException('not the address of a server, not an API key or not an AES key');
        }
        foreach ($aesKey === null ? [] : ['request', 'response'] as $direction) {
            $this->keys[$direction] = hash_hkdf('sha256', $secret, 32, "aio-body-v1 $direction");
        }
    }

    /** Makes one request and returns the JSON of the response, or throws an AioException. */
    public function call(string $method, string $path, mixed $body = null, ?string $idempotencyKey = null): mixed
    {
        return $this->send(...$this->prepare($method, $path, $body, $idempotencyKey));
    }

    /** One try of a request. If it is encrypted it can be sent once: prepare a retry anew. */
    public function prepare(string $method, string $path, mixed $body = null, ?string $idempotencyKey = null): array
    {
        $formed = preg_match('#^(GET|POST|PUT|PATCH|DELETE) /[!-"$-~]*$#D', "$method $path");
        if (!$formed || ($method === 'GET' && $body !== null) || preg_match('/[^ -~]/', $idempotencyKey ?? '')) {
            throw new \InvalidArgumentException('a method in capitals, a percent-encoded path, no body with GET');
        }
        $payload = $body === null ? '' : json_encode($body, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
        $id = preg_replace('/(.{8})(.{4}).(.{3}).(.{3})(.{12})/', '$1-$2-4$3-a$4-$5', bin2hex(random_bytes(16)));
        $exchange = [$method, $path, (string) time(), $id];
        $headers = ["Authorization: Bearer $this->apiKey", 'Content-Type: application/json'];
        array_push($headers, ...($idempotencyKey === null ? [] : ["Idempotency-Key: $idempotencyKey"]));
        if ($this->keys) {
            $headers[] = "Aio-Encryption: aes-256-gcm;v=$this->aesVersion";
            array_push($headers, "Aio-Timestamp: $exchange[2]", "Aio-Request-Id: $id");
            $payload = $method === 'GET' ? '' : $this->seal($exchange, $payload);
        }
        return [$exchange, $headers, $payload];
    }

    public function send(array $exchange, array $headers, string $payload): mixed
    {
        $http = ['method' => $exchange[0], 'header' => $headers, 'content' => $payload, 'timeout' => $this->timeout];
        $http += ['protocol_version' => 1.1, 'follow_location' => 0, 'ignore_errors' => true];
        $context = stream_context_create(['http' => $http]);
        $stream = @fopen(rtrim($this->url, '/') . $exchange[1], 'rb', context: $context);
        $body = $stream ? stream_get_contents($stream) : throw new \RuntimeException('the server does not answer');
        ['wrapper_data' => $received, 'timed_out' => $late] = stream_get_meta_data($stream);
        $status = $late ? throw new \RuntimeException('the server is too slow') : (int) explode(' ', $received[0])[1];
        $find = fn ($name) => implode(',', preg_filter("/^Aio-$name:\s*(.*?)\s*$/i", '$1', $received));
        $sent = ["aes-256-gcm;v=$this->aesVersion", $exchange[2], $exchange[3]];
        $repeated = $this->keys && [$find('Encryption'), $find('Timestamp'), $find('Request-Id')] === $sent;
        $text = $repeated ? $this->open($exchange, $body, $status) : ($this->keys && $status < 400 ? '' : $body);
        $answer = json_decode((string) $text, true);
        if (json_last_error() === JSON_ERROR_NONE && $status >= 200 && $status < 300) {
            return $answer;
        }
        throw new AioException($status, array_filter((array) $answer, is_string(...)), $repeated && $text !== false);
    }

    /** An envelope. In an exchange are method, target, time and request id; a body with a status is a response. */
    public function seal(array $exchange, string $plain, ?int $status = null, ?string $iv = null): string
    {
        $iv ??= random_bytes(12);
        [$key, $bound] = $this->bind($exchange, $status);
        $data = openssl_encrypt($plain, 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $iv, $tag, $bound, 16);
        return sprintf(self::ENVELOPE, base64_encode($iv), base64_encode($data . $tag));
    }

    public function open(array $exchange, string $body, ?int $status = null): string|false
    {
        preg_match('/^\{"iv":"([^"]*+)","encrypted_data":"([^"]*+)"\}$/D', $body, $parts);
        [, $iv, $sealed] = array_map(base64_decode(...), $parts) + ['', '', ''];
        $formed = sprintf(self::ENVELOPE, base64_encode($iv), base64_encode($sealed)) === $body
            && strlen($iv) === 12 && strlen($sealed) >= 16;
        [$key, $bound] = $this->bind($exchange, $status);
        [$data, $tag] = [substr($sealed, 0, -16), substr($sealed, -16)];
        return $formed ? openssl_decrypt($data, 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $iv, $tag, $bound) : false;
    }

    private function bind(array $exchange, ?int $status): array
    {
        [$way, $end] = $status === null ? ['request', []] : ['response', [$status]];
        $parts = ['aio-body-v1', $way, 'key_' . substr($this->apiKey, 9, 26), $this->aesVersion, ...$exchange, ...$end];
        return [$this->keys[$way], implode("\n", $parts)];
    }

    public function __debugInfo(): array
    {
        return []; // no secret is to be dumped
    }
}
