package dev.greenroom.proxy.client;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.CdpBrowserId;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Which browser a client of CDP asks for: a new one, or that of a session which it joins.
///
/// @param browser the browser's id, a secret
/// @param joins whether the session must exist already
/// @param target the page that the connection is for; empty for the browser
public record CdpUse(CdpBrowserId browser, boolean joins, Optional<String> target) {
    /// The query parameter of a page's address that names its browser.
    public static final String BROWSER_PARAMETER = "cdp";

    static final String BROWSER_PATH = "/devtools/browser/";
    static final String PAGE_PATH = "/devtools/page/";
    private static final List<String> NEW_BROWSER = List.of("/cdp", "/chromium");
    private static final Pattern TARGET = Pattern.compile("[0-9A-Fa-f-]{16,64}");
    private static final RandomGenerator RANDOM = new SecureRandom();

    /// Clients that speak nothing else; what they send says so at any address.
    private static final Pattern CDP_AGENT = Pattern.compile("(?:Puppeteer |browser-use/).*");

    /// A browser that nobody uses yet.
    static CdpUse ofNewBrowser() {
        return new CdpUse(CdpBrowserId.next(RANDOM), false, Optional.empty());
    }

    /// Whether an upgrade on this path is for clients of CDP only.
    static boolean isPath(String path) {
        return NEW_BROWSER.contains(path) || path.startsWith(BROWSER_PATH) || path.startsWith(PAGE_PATH);
    }

    /// Whether a client says of itself that it speaks CDP.
    static boolean isAgent(RequestHead head) {
        return head.header("User-Agent")
                .filter(agent -> CDP_AGENT.matcher(agent).matches())
                .isPresent();
    }

    /// Reads the address of an upgrade for which [#isPath] holds; empty when it names no browser.
    static Optional<CdpUse> of(RequestHead head) {
        var path = head.path();
        if (NEW_BROWSER.contains(path)) {
            return Optional.of(ofNewBrowser());
        }
        if (path.startsWith(BROWSER_PATH)) {
            return CdpBrowserId.of(path.substring(BROWSER_PATH.length()))
                    .map(id -> new CdpUse(id, false, Optional.empty()));
        }
        var target = Optional.of(path.substring(PAGE_PATH.length()))
                .filter(text -> TARGET.matcher(text).matches());
        return target.flatMap(_ -> head.query(BROWSER_PARAMETER))
                .flatMap(CdpBrowserId::of)
                .map(id -> new CdpUse(id, true, target));
    }

    /// The same browser for one more connection, once its session exists.
    public CdpUse joining() {
        return new CdpUse(browser, true, target);
    }

    /// The headers with which a proxy tells this to a worker.
    public List<HttpHeader> headers() {
        List<HttpHeader> headers = new ArrayList<>();
        headers.add(new HttpHeader(joins ? CdpBrowserId.JOIN_HEADER : CdpBrowserId.HEADER, browser.text()));
        target.ifPresent(page -> headers.add(new HttpHeader(CdpBrowserId.TARGET_HEADER, page)));
        return headers;
    }
}
