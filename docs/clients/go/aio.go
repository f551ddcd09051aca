// Package aio calls the AIO merchant API, with plain or encrypted bodies. One file: copy it into your project.
// How bodies are encrypted: docs/encryption.md.
package aio

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Error is a refusal, or (Code invalid_response) a response that cannot be read or trusted.
type Error struct {
	Code, Title string
	RequestID   string `json:"request_id"`
	Status      int    `json:"-"`
	Verified    bool   `json:"-"` // it came encrypted, so nobody on the way wrote it
}

func (e *Error) Error() string { return fmt.Sprintf("aio: %d %s: %s", e.Status, e.Code, e.Title) }

// Client calls the API with one API key, and encrypts bodies if it has an AES key.
type Client struct {
	HTTP                           http.Client
	url, apiKey, keyID, aesVersion string
	aesKey                         []byte
}

// New makes a client. Without an AES key ("") bodies are plain.
func New(url, apiKey, aesKey, aesVersion string) (*Client, error) {
	parts := append(strings.Split(apiKey, "_"), "", "")
	secret, err := base64.StdEncoding.DecodeString(aesKey)
	if err != nil || len(parts[2]) != 26 || (aesKey != "" && (len(secret) != 32 || aesVersion == "")) {
		return nil, errors.New("aio: not an API key or not an AES key")
	}
	// Over a connection that is kept, net/http may send a request twice; the second would be refused as a replay.
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{client, strings.TrimRight(url, "/"), apiKey, "key_" + parts[2], aesVersion, secret}, nil
}

// Format keeps the keys out of logs.
func (c *Client) Format(out fmt.State, _ rune) { io.WriteString(out, "aio.Client") }

// Call makes one request and returns the JSON of its response. Nil is no body, "" no idempotency key.
func (c *Client) Call(ctx context.Context, method, path string, body []byte, idempotencyKey string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, nil)
	if err != nil || !strings.HasPrefix(path, "/") || (method == http.MethodGet && body != nil) {
		return nil, errors.New("aio: a path begins with / and is percent-encoded, and GET has no body")
	}
	random := make([]byte, 28)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80 // a UUID of version 4
	id := fmt.Sprintf("%x-%x-%x-%x-%x", random[:4], random[4:6], random[6:8], random[8:10], random[10:16])
	exchange := []string{method, request.URL.RequestURI(), fmt.Sprint(time.Now().Unix()), id}
	request.Header = http.Header{"Authorization": {"Bearer " + c.apiKey}, "Content-Type": {"application/json"}}
	if idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	verified := len(c.aesKey) > 0
	if verified {
		request.Header.Set("Aio-Encryption", "aes-256-gcm;v="+c.aesVersion)
		request.Header.Set("Aio-Timestamp", exchange[2])
		request.Header.Set("Aio-Request-Id", id)
		if method != http.MethodGet {
			body = c.Seal(exchange, random[16:], body)
		}
	}
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	failure := &Error{Code: "invalid_response", Title: "it cannot be read or trusted", Status: response.StatusCode}
	for _, name := range []string{"Aio-Encryption", "Aio-Timestamp", "Aio-Request-Id"} {
		verified = verified && strings.Join(response.Header[name], ",") == request.Header.Get(name)
	}
	if verified {
		text, err = c.Open(append(exchange, fmt.Sprint(response.StatusCode)), text)
	} else if len(c.aesKey) > 0 && response.StatusCode < 400 {
		text = nil
	}
	if err == nil && response.StatusCode/100 == 2 && json.Valid(text) {
		return text, nil
	}
	failure.Verified = verified && err == nil
	_ = json.Unmarshal(text, failure) // what is no problem stays an invalid response
	return nil, failure
}

// envelope is a body on the wire: base64 of the nonce, and of the ciphertext with its tag.
type envelope struct {
	IV   []byte `json:"iv"`
	Data []byte `json:"encrypted_data"`
}

// Seal encrypts a body. An exchange is method, target, timestamp, request id and, for a response, the status.
func (c *Client) Seal(exchange []string, nonce, plain []byte) []byte {
	gcm, bound := c.bind(exchange)
	body, _ := json.Marshal(envelope{nonce, gcm.Seal(nil, nonce, plain, bound)})
	return body
}

// Open decrypts a body. It must be written as AIO writes it, so that there is one way to read it.
func (c *Client) Open(exchange []string, body []byte) ([]byte, error) {
	var sealed envelope
	err := json.Unmarshal(body, &sealed)
	canonical, _ := json.Marshal(sealed)
	if err != nil || len(sealed.IV) != 12 || !bytes.Equal(canonical, body) {
		return nil, errors.New("aio: a body does not open")
	}
	gcm, bound := c.bind(exchange)
	return gcm.Open(nil, sealed.IV, sealed.Data, bound)
}

// bind derives the key of a direction (HKDF-SHA256) and writes down what its bodies are bound to.
func (c *Client) bind(exchange []string) (cipher.AEAD, []byte) {
	direction := []string{"request", "response"}[len(exchange)-4]
	extract := hmac.New(sha256.New, nil)
	extract.Write(c.aesKey)
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write([]byte("aio-body-v1 " + direction + "\x01"))
	block, _ := aes.NewCipher(expand.Sum(nil)) // 32 bytes always fit
	gcm, _ := cipher.NewGCM(block)
	parts := append([]string{"aio-body-v1", direction, c.keyID, c.aesVersion}, exchange...)
	return gcm, []byte(strings.Join(parts, "\n"))
}
