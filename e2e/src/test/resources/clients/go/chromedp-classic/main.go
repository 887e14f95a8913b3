// What people do with chromedp's API of before 2026, which answers no ping.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/chromedp/chromedp"
)

type input struct {
	ConnectString, Site string
	IdleMillis          int
}

type result struct {
	Found      []string `json:"found"`
	Title      string   `json:"title"`
	Pressed    string   `json:"pressed"`
	Screenshot int      `json:"screenshot"`
	Second     string   `json:"second"`
}

func visit(in input) (out result, err error) {
	limited, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	browser, cancel := chromedp.NewRemoteAllocator(limited, in.ConnectString)
	defer cancel()
	first, cancel := chromedp.NewContext(browser)
	defer cancel()
	if err = chromedp.Run(first); err != nil {
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
	var picture []byte
	if err = chromedp.Run(first, chromedp.Navigate(in.Site), chromedp.Click("#press")); err != nil {
		return
	}
	time.Sleep(time.Duration(in.IdleMillis) * time.Millisecond)
	if err = chromedp.Run(first,
		chromedp.Title(&out.Title),
		chromedp.Evaluate(`document.querySelector('#said').textContent`, &out.Pressed),
		chromedp.CaptureScreenshot(&picture)); err != nil {
		return
	}
	out.Screenshot = len(picture)
	second, cancel := chromedp.NewContext(first)
	defer cancel()
	err = chromedp.Run(second,
		chromedp.Navigate(in.Site+"greeting?Ada"),
		chromedp.Evaluate(`document.querySelector('h1').textContent`, &out.Second))
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
