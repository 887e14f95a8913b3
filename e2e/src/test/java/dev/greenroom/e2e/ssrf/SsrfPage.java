package dev.greenroom.e2e.ssrf;

import java.util.List;
import java.util.Set;

/// `docs/ssrf.md`, from what was seen.
final class SsrfPage {
    static final List<String> LOADERS =
            List.of("goto", "redirect", "img", "iframe", "prefetch", "fetch", "xhr", "websocket", "request");

    private SsrfPage() {}

    static String of(Set<String> plain, Set<String> withRules) {
        var page = new StringBuilder("""
            # What a session can reach

            This page is written by a test (`SsrfMatrixIT`); do not edit it. A stock client makes a grid's browser ask
            for addresses that it should have no business with: in %d spellings, in %d ways each. A server on the same
            machine notes what arrives. **●** arrived, · did not. Nothing else is counted: a request that arrives may
            do harm even if its answer cannot be read.

            * `goto` is a navigation, `redirect` one that a server on the outside sends on; `request` is Playwright's
              `context.request`, which the driver makes itself. The others are made by a page from the outside.
            * **The fence** (always on) closes the metadata addresses, Redis and the grid's own ports to `request`, in
              every spelling. Other loopback services stay open to it.
            * **Pages** are not fenced. What is · in their columns was refused by Chromium itself, which lets no page of
              a public address ask for a local one. Another browser, or an older one, may not refuse it; and a client
              can open a page of a local address first.
            * **The rules of `deploy/network`** close all of this. Without them %d requests arrived, beside those to the
              outside; with them, %d did. See [the network around a grid](guide/network.md).

            """.formatted(
                        Spelling.ALL.size() - 1,
                        LOADERS.size(),
                        plain.size() - LOADERS.size(),
                        withRules.size() - LOADERS.size()));
        page.append("| address | written as | `")
                .append(String.join("` | `", LOADERS))
                .append("` |\n");
        page.append("|---".repeat(LOADERS.size() + 2)).append("|\n");
        for (var spelling : Spelling.ALL) {
            page.append("| ")
                    .append(spelling.words())
                    .append(" | `")
                    .append(spelling.host())
                    .append("` |");
            for (var loader : LOADERS) {
                page.append(plain.contains(spelling.name() + "-" + loader) ? " ● |" : " · |");
            }
            page.append('\n');
        }
        return page.toString();
    }
}
