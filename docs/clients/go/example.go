//go:build ignore

// Who am I, and does the server hear me? Set AIO_URL, AIO_API_KEY and, to encrypt, AIO_AES_KEY and AIO_AES_VERSION.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"aio.example/aio"
)

func main() {
	env := os.Getenv
	client, err := aio.New(env("AIO_URL"), env("AIO_API_KEY"), env("AIO_AES_KEY"), env("AIO_AES_VERSION"))
	if err != nil {
		log.Fatal(err)
	}
	whoami, err := client.Call(context.Background(), "GET", "/v1/whoami", nil, "")
	if err != nil {
		log.Fatal(err)
	}
	echo, err := client.Call(context.Background(), "POST", "/v1/echo", []byte(`{"hello":"AIO"}`), "example-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n%s\n", whoami, echo)
}
