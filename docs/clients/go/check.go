//go:build ignore

// Checks aio.go against docs/encryption-vectors.json and, when AIO_URL is set, against a server.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"aio.example/aio"
)

type vector struct {
	Name, Why, Method, Target, Encryption, Timestamp, Plaintext, IV, Body string
	RequestID                                                             string `json:"request_id"`
	Status                                                                int
}

type vectors struct {
	KeyID    string `json:"key_id"`
	AESKey   string `json:"aes_key"`
	Messages []vector
	Refused  []vector
}

func step(name string, passed bool) {
	word := map[bool]string{true: "ok  ", false: "FAIL"}[passed]
	fmt.Println(word, name)
	if !passed {
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
	return value
}

// client has the API key of the vectors, and their AES key under the version that the vector names.
func (all vectors) client(v vector) *aio.Client {
	apiKey := "aio_test_" + strings.TrimPrefix(all.KeyID, "key_") + "_" + strings.Repeat("0", 49)
	return must(aio.New("https://localhost", apiKey, all.AESKey, strings.Split(v.Encryption, "=")[1]))
}

func (v vector) exchange() []string {
	exchange := []string{v.Method, v.Target, v.Timestamp, v.RequestID}
	if v.Status != 0 {
		exchange = append(exchange, strconv.Itoa(v.Status))
	}
	return exchange
}

func checkVectors() {
	var all vectors
	text := must(os.ReadFile("../../encryption-vectors.json"))
	step("the vectors can be read", json.Unmarshal(text, &all) == nil && len(all.Messages) > 5 && len(all.Refused) > 40)
	for _, v := range all.Messages {
		if v.Body == "" {
			continue
		}
		nonce := must(base64.StdEncoding.DecodeString(v.IV))
		sealed := all.client(v).Seal(v.exchange(), nonce, []byte(v.Plaintext))
		step("seals "+v.Name, string(sealed) == v.Body)
		opened, err := all.client(v).Open(v.exchange(), []byte(v.Body))
		step("opens "+v.Name, err == nil && string(opened) == v.Plaintext)
	}
	for _, v := range all.Refused {
		_, err := all.client(v).Open(v.exchange(), []byte(v.Body))
		step("refuses "+v.Why, err != nil)
	}
}

// twice sends each request, and then the very same bytes again; the second response counts.
type twice struct{ first int }

func (t *twice) RoundTrip(request *http.Request) (*http.Response, error) {
	body := must(io.ReadAll(request.Body))
	send := func() (*http.Response, error) {
		request.Body = io.NopCloser(strings.NewReader(string(body)))
		return http.DefaultTransport.RoundTrip(request)
	}
	response, err := send()
	if err != nil {
		return nil, err
	}
	t.first = response.StatusCode
	response.Body.Close()
	return send()
}

func refused(code string, err error) bool {
	var failure *aio.Error
	return errors.As(err, &failure) && failure.Status == 400 && failure.Code == code
}

func checkServer() {
	env, ctx := os.Getenv, context.Background()
	client := func(aesKey, version string) *aio.Client {
		return must(aio.New(env("AIO_URL"), env("AIO_API_KEY"), aesKey, version))
	}
	text := []byte(`{"你好":"世界 ✓ 50 €","quotes":"\"'\\/ <b>&"}`)
	same := func(a []byte) bool {
		var x, y any
		return json.Unmarshal(a, &x) == nil && json.Unmarshal(text, &y) == nil && reflect.DeepEqual(x, y)
	}
	echo := func(from *aio.Client, key string) ([]byte, error) {
		return from.Call(ctx, "POST", "/v1/echo", text, key)
	}

	encrypted := client(env("AIO_AES_KEY"), env("AIO_AES_VERSION"))
	var me struct{ Key struct{ ID string } }
	whoami := must(encrypted.Call(ctx, "GET", "/v1/whoami", nil, ""))
	step("whoami", json.Unmarshal(whoami, &me) == nil && me.Key.ID == "key_"+strings.Split(env("AIO_API_KEY"), "_")[2])
	step("echo of text in Chinese", same(must(echo(encrypted, ""))))

	once := fmt.Sprintf("check-%d", time.Now().UnixNano())
	step("the same Idempotency-Key once", same(must(echo(encrypted, once))))
	step("the same Idempotency-Key twice gives the same body", same(must(echo(encrypted, once))))

	again := &twice{}
	encrypted.HTTP.Transport = again
	_, err := echo(encrypted, "")
	step("a request", again.first == 200)
	step("the same bytes again are refused", refused("encryption_invalid", err))

	version := must(strconv.Atoi(env("AIO_AES_VERSION")))
	_, err = echo(client(env("AIO_AES_KEY"), strconv.Itoa(version+1000)), "")
	step("a version to come is refused", refused("encryption_invalid", err))

	if env("AIO_OLD_AES_KEY") != "" {
		_, err = echo(client(env("AIO_OLD_AES_KEY"), env("AIO_OLD_AES_VERSION")), "")
		step("a version of the past is named", refused("aes_key_replaced", err))
	}
}

func main() {
	checkVectors()
	if os.Getenv("AIO_URL") != "" {
		checkServer()
	}
}
