package browser

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// SwaggerUI is an open Swagger UI page.
type SwaggerUI struct{ ctx context.Context }

// OpenSwaggerUI waits until the API's groups are drawn.
func OpenSwaggerUI(b *Browser, base string) (*SwaggerUI, error) {
	err := chromedp.Do(b.Context, chromedp.Navigate(base+"/swagger-ui"), chromedp.WaitVisible(chromedp.CSS(".opblock-tag-section")))
	if err != nil {
		return nil, fmt.Errorf("open Swagger UI: %w", err)
	}
	return &SwaggerUI{b.Context}, nil
}

// Login enters a token behind the Authorize button.
func (s *SwaggerUI) Login(token string) error {
	err := chromedp.Do(s.ctx,
		chromedp.Click(chromedp.CSS(".auth-wrapper .btn.authorize")),
		typeInto(".auth-container input", token),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .btn.authorize")),
		chromedp.WaitNotPresent(chromedp.CSS(".auth-container input")), // logged in: the value is hidden
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .btn-done")),
		chromedp.WaitNotPresent(chromedp.CSS(".auth-container")),
	)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return nil
}

// Filter shows the groups whose name contains text only, and names them.
func (s *SwaggerUI) Filter(text string) ([]string, error) {
	if err := chromedp.Do(s.ctx, typeInto(".operation-filter-input", text)); err != nil {
		return nil, fmt.Errorf("filter by %s: %w", text, err)
	}
	groups, err := chromedp.Run(s.ctx, chromedp.Poll[[]string](fmt.Sprintf(`(groups => groups.every(g => g.includes(%q)) && groups)(
		[...document.querySelectorAll(".opblock-tag")].map(e => e.dataset.tag))`, text)))
	if err != nil {
		return nil, fmt.Errorf("filter by %s: %w", text, err)
	}
	return groups, nil
}

// Answer is what Swagger UI shows of a response.
type Answer struct {
	Status, Body string
	// Request is the command line that it shows for the request.
	Request string
}

// Call is a request to make.
type Call struct {
	Tag, Operation string
	Parameters     map[string]string
	// Body replaces the example; empty for none.
	Body string
}

// Do opens the operation, fills it in and sends it.
func (s *SwaggerUI) Do(c Call) (Answer, error) {
	block := "#operations-" + c.Tag + "-" + c.Operation
	steps := []chromedp.Action[chromedp.Void]{
		openOnce("#operations-tag-"+c.Tag, ".opblock"),
		scrollTo(block),
		openOnce(block+" .opblock-summary-control", block+" .opblock-body"),
		chromedp.Click(chromedp.CSS(block + " .try-out__btn")),
		chromedp.WaitVisible(chromedp.CSS(block + " .execute")),
	}
	for name, value := range c.Parameters {
		steps = append(steps, typeInto(fmt.Sprintf(`%s tr[data-param-name=%q] input`, block, name), value))
	}
	if c.Body != "" {
		steps = append(steps, typeInto(block+" .body-param__text", c.Body))
	}
	live := block + " .live-responses-table"
	steps = append(steps, chromedp.Click(chromedp.CSS(block+" .execute")), chromedp.WaitVisible(chromedp.CSS(live)))
	if err := chromedp.Do(s.ctx, steps...); err != nil {
		return Answer{}, fmt.Errorf("%s: %w", c.Operation, err)
	}
	var a Answer
	for _, part := range []struct {
		selector string
		text     *string
	}{
		{live + " tbody .response-col_status", &a.Status},
		{live + " tbody .response-col_description", &a.Body},
		{block + " .curl", &a.Request},
	} {
		text, err := chromedp.Run(s.ctx, chromedp.TextContent(chromedp.CSS(part.selector)))
		if err != nil {
			return a, fmt.Errorf("%s: %w", c.Operation, err)
		}
		*part.text = strings.TrimSpace(text)
	}
	code, _, _ := strings.Cut(a.Status, "Undocumented") // stands beside codes that the document does not name
	a.Status = strings.TrimSpace(code)
	return a, nil
}

// openOnce clicks what opens and closes, unless its content is there already.
func openOnce(selector, content string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		there, err := chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q) !== null", content))(ctx, t)
		if err != nil {
			return err
		}
		if !there {
			if _, err := chromedp.Click(chromedp.CSS(selector))(ctx, t); err != nil {
				return err
			}
		}
		_, err = chromedp.WaitVisible(chromedp.CSS(content))(ctx, t)
		return err
	})
}

// scrollTo looks for an operation from the top of the page down, and again from the top after the end: the page draws only
// what is near the part that is seen.
func scrollTo(operation string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Poll[bool](fmt.Sprintf(`(found => {
			if (found !== null) {
				found.scrollIntoView();
				return true;
			}
			const before = scrollY;
			scrollBy(0, innerHeight / 2);
			if (scrollY === before) {
				scrollTo(0, 0);
			}
			return false;
		})(document.querySelector(%q))`, operation), chromedp.WithPollingInterval(50*time.Millisecond))(ctx, t)
		return err
	})
}

// typeInto replaces the text of a field the way typing does, so that the page hears of it.
func typeInto(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := chromedp.WaitVisible(chromedp.CSS(selector))(ctx, t); err != nil {
			return err
		}
		typed, err := chromedp.Evaluate[bool](fmt.Sprintf(`{
			const field = document.querySelector(%q);
			field.focus();
			field.select();
			document.execCommand("insertText", false, %q)
		}`, selector, text))(ctx, t)
		if err == nil && !typed {
			err = fmt.Errorf("%s takes no text", selector)
		}
		return err
	})
}
