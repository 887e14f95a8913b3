// What people do with chromedp since its API returns values. The package remote has its WebSocket.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

type input struct {
	ConnectString, Site string
	IdleMillis          int
	Headers             map[string]string
}

type result struct {
	Found      []string `json:"found"`
	Title      string   `json:"title"`
	Pressed    string   `json:"pressed"`
	Screenshot int      `json:"screenshot"`
	Second     string   `json:"second"`
}

func visit(in input) (out result, err error) {
	header := http.Header{}
	for name, value := range in.Headers {
		header.Set(name, value)
	}
	limited, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	// Without NoModifyURL, the package asks for /json/version, and sends no headers there.
	options := []remote.Option{remote.WithDialHTTPHeader(header)}
	if len(in.Headers) > 0 {
		options = append(options, remote.NoModifyURL)
	}
	browser, cancel := remote.NewAllocator(limited, in.ConnectString, options...)
	defer cancel()
	first, cancel := chromedp.NewContext(browser)
	defer cancel()
	if err = chromedp.Do(first); err != nil {
		return
	}
	targets, err := chromedp.Targets(first)
	if err != nil {
		return
	}
	for _, target := range targets {
		if target.TargetID != chromedp.FromContext(first).Target.TargetID {
			out.Found = append(out.Found, target.URL)
		}
	}
	if err = chromedp.Do(first, chromedp.Navigate(in.Site), chromedp.Click(chromedp.CSS("#press"))); err != nil {
		return
	}
	time.Sleep(time.Duration(in.IdleMillis) * time.Millisecond)
	if out.Title, err = chromedp.Run(first, chromedp.Title()); err != nil {
		return
	}
	out.Pressed, err = chromedp.Run(first, chromedp.Evaluate[string](`document.querySelector('#said').textContent`))
	if err != nil {
		return
	}
	picture, err := chromedp.Run(first, chromedp.CaptureScreenshot())
	if err != nil {
		return
	}
	out.Screenshot = len(picture)
	second, cancel := chromedp.NewContext(first)
	defer cancel()
	if err = chromedp.Do(second, chromedp.Navigate(in.Site+"greeting?Ada")); err != nil {
		return
	}
	out.Second, err = chromedp.Run(second, chromedp.Evaluate[string](`document.querySelector('h1').textContent`))
	return
}

func main() {
	var in input
	err := json.Unmarshal([]byte(os.Args[1]), &in)
	var out result
	if err == nil {
		out, err = visit(in)
	}
	answer := map[string]any{"result": out}
	if err != nil {
		answer = map[string]any{"error": err.Error()}
	}
	line, _ := json.Marshal(answer)
	fmt.Println(string(line))
}
