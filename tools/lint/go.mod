module github.com/hawser-dra/hawser/tools/lint

go 1.26.0
