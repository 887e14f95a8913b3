module greenroom/client

go 1.21
