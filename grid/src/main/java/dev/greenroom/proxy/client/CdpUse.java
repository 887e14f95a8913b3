package dev.greenroom.proxy.client;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.CdpBrowserId;
import dev.greenroom.session.CdpBrowserId.CdpLimits;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Which browser a client of CDP asks for: a new one, or that of a session which it joins.
///
/// @param kind what its address says
/// @param browser the browser's id, a secret; empty for [CdpConnectionKind#PAGE]
/// @param target the page that the connection is for; empty for the browser
/// @param limits how long the browser of a session that begins stays without a client
public record CdpUse(
        CdpConnectionKind kind, Optional<CdpBrowserId> browser, Optional<String> target, CdpLimits limits) {
    /// The query parameter of a page's address that names its browser.
    public static final String BROWSER_PARAMETER = "cdp";

    static final String BROWSER_PATH = "/devtools/browser/";
    static final String PAGE_PATH = "/devtools/page/";
    private static final List<String> NEW_BROWSER = List.of("/cdp", "/chromium");
    private static final Pattern TARGET = Pattern.compile("[0-9A-Fa-f-]{16,64}");
    private static final RandomGenerator RANDOM = new SecureRandom();

    /// Clients that speak nothing else; what they send says so at any address.
    private static final Pattern CDP_AGENT = Pattern.compile("(?:Puppeteer |browser-use/).*");

    private CdpUse(CdpConnectionKind kind, Optional<CdpBrowserId> browser, Optional<String> target) {
        this(kind, browser, target, CdpLimits.NONE);
    }

    /// What an address asks for.
    public enum CdpConnectionKind {
        /// A browser of its own, whose id nobody is told.
        NEW,
        /// A browser by its id: a new one for the first connection, and the same one for the next.
        ADDRESSED,
        /// The browser of a session that must exist already.
        JOINING,
        /// A page without the id of its browser. Some clients replace the path of the address that they were
        /// given, and keep its query.
        PAGE,
        /// The session itself, for its proxy, while its client is away.
        HOLD
    }

    /// A browser that nobody uses yet.
    static CdpUse ofNewBrowser() {
        return new CdpUse(CdpConnectionKind.NEW, Optional.of(CdpBrowserId.next(RANDOM)), Optional.empty());
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

    /// Reads the address of an upgrade for which [#isPath] holds; empty when it names no browser and no page.
    static Optional<CdpUse> of(RequestHead head) {
        var path = head.path();
        if (NEW_BROWSER.contains(path)) {
            return Optional.of(ofNewBrowser());
        }
        if (path.startsWith(BROWSER_PATH)) {
            return CdpBrowserId.of(path.substring(BROWSER_PATH.length()))
                    .map(id -> new CdpUse(CdpConnectionKind.ADDRESSED, Optional.of(id), Optional.empty()));
        }
        var target = Optional.of(path.substring(PAGE_PATH.length()))
                .filter(text -> TARGET.matcher(text).matches());
        if (target.isEmpty()) {
            return Optional.empty();
        }
        var named = head.query(BROWSER_PARAMETER);
        return named.isEmpty()
                ? Optional.of(new CdpUse(CdpConnectionKind.PAGE, Optional.empty(), target))
                : named.flatMap(CdpBrowserId::of)
                        .map(id -> new CdpUse(CdpConnectionKind.JOINING, Optional.of(id), target));
    }

    /// The id of its browser.
    ///
    /// @throws java.util.NoSuchElementException for [CdpConnectionKind#PAGE]
    public CdpBrowserId id() {
        return browser.orElseThrow();
    }

    /// The same browser for one more connection, once its session exists.
    public CdpUse joining() {
        return new CdpUse(CdpConnectionKind.JOINING, browser, target);
    }

    /// The session of this browser, for its proxy to hold.
    public CdpUse holding() {
        return new CdpUse(CdpConnectionKind.HOLD, browser, Optional.empty());
    }

    /// The same with these limits.
    public CdpUse within(CdpLimits its) {
        return new CdpUse(kind, browser, target, its);
    }

    /// The headers with which a proxy tells this to a worker.
    public List<HttpHeader> headers() {
        var joins = kind == CdpConnectionKind.JOINING || kind == CdpConnectionKind.HOLD;
        var name = joins ? CdpBrowserId.JOIN_HEADER : CdpBrowserId.HEADER;
        List<HttpHeader> headers = new ArrayList<>();
        browser.ifPresent(id -> headers.add(new HttpHeader(name, id.text())));
        target.ifPresent(page -> headers.add(new HttpHeader(CdpBrowserId.TARGET_HEADER, page)));
        if (kind == CdpConnectionKind.HOLD) {
            headers.add(new HttpHeader(CdpBrowserId.HOLD_HEADER, "1"));
        }
        if (!limits.equals(CdpLimits.NONE)) {
            headers.add(new HttpHeader(CdpLimits.HEADER, limits.text()));
        }
        return headers;
    }
}
