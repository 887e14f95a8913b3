package dev.greenroom.e2e.ssrf;

import java.util.List;
import java.util.Set;

/// `docs/ssrf.md`, from what was seen.
final class SsrfPage {
    static final List<String> LOADERS = List.of(
            "goto",
            "redirect",
            "img",
            "iframe",
            "prefetch",
            "fetch",
            "xhr",
            "websocket",
            "serviceworker",
            "stun",
            "turn",
            "request",
            "certificate-goto",
            "certificate-fetch",
            "certificate-request",
            "exposed-goto",
            "exposed-fetch",
            "exposed-request");

    private SsrfPage() {}

    static String of(Set<String> plain, Set<String> blocked, Set<String> withRules) {
        var page = new StringBuilder("""
            # What a session can reach

            This page is written by a test (`SsrfMatrixIT`); do not edit it. A stock client makes a grid's browser ask
            for addresses that it should have no business with: in %d spellings, in %d ways each. A server on the same
            machine notes what arrives. **●** arrived, · did not: the first mark as a grid is, the second one with
            `BLOCK_PRIVATE_NETWORK=true`. Nothing else is counted: a request that arrives may do harm even if its answer
            cannot be read.

            * `goto` is a navigation, `redirect` one that a server on the outside sends on; `request` is Playwright's
              `context.request`, which the driver makes itself. The others are made by a page from the outside; `stun`
              and `turn` are what WebRTC asks its servers, over UDP and over TCP.
            * `certificate-…` is asked by a context with `clientCertificates`, `exposed-…` by a session that exposes
              another host with `exposeNetwork`. Their traffic goes through the driver, so through its sandbox,
              which also sees what a name resolves to. Chromium itself refuses nothing there, since it does not see the
              address behind a proxy.
            * **The sandbox** (always on) closes the metadata addresses, Redis and the grid's own ports to `request`, in
              every spelling. Other loopback services stay open to it.
            * **`BLOCK_PRIVATE_NETWORK=true`** closes every private network to `request`, in every spelling, and to
              pages as far as an address is written as a number or is a local name. WebRTC sends nothing over UDP
              then, to nobody. %d requests arrived with it: a name that the DNS resolves to a private address is still
              opened.
            * **Pages** are not restricted. What is · in their columns was refused by Chromium itself, which lets no page of
              a public address ask for a local one, except by WebRTC. Another browser, or an older one, may not refuse
              it; and a client can open a page of a local address first.
            * **Service workers** belong to a page of the outside that is behind HTTPS, since no other may have one, and
              ask for each address over HTTP and over HTTPS. The browsers were told to ignore that the certificates are
              the test's own. What is · in their column was refused by Chromium itself, as it is to such a page: plain
              HTTP as mixed content, and what is local because the page is not. `http://localhost` and
              `http://127.0.0.1` may have service workers too; who can open a page there is there already, see `goto`.
            * **The rules of `deploy/network`** close all of this. Without them %d requests arrived, beside those to the
              outside; with them, %d did. See [the network around a grid](guide/network.md).

            """.formatted(
                        Spelling.ALL.size() - 1, LOADERS.size(), inside(blocked), inside(plain), inside(withRules)));
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
                var hit = spelling.name() + "-" + loader;
                page.append(' ')
                        .append(mark(plain, hit))
                        .append(mark(blocked, hit))
                        .append(" |");
            }
            page.append('\n');
        }
        return page.toString();
    }

    /// What arrived where it should not.
    private static long inside(Set<String> arrived) {
        return arrived.stream()
                .filter(hit -> !hit.startsWith(Spelling.CONTROL.name() + "-"))
                .count();
    }

    private static char mark(Set<String> arrived, String hit) {
        return arrived.contains(hit) ? '●' : '·';
    }
}
