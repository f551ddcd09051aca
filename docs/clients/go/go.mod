module aio.example/aio

go 1.19
