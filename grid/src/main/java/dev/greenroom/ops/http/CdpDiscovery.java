package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.session.CdpBrowserId;
import java.util.LinkedHashMap;
import java.util.random.RandomGenerator;

/// Answers what clients of the Chrome DevTools Protocol ask a browser's port, without a browser: some ask
/// ten times a second.
final class CdpDiscovery {
    private static final String PROTOCOL = "1.3";
    private static final HttpResponse NO_HOST =
            ApiJson.error(404, "the Host of this request cannot stand in the address of a browser");
    private static final HttpResponse NO_BROWSER = ApiJson.error(
            501,
            "there is no browser before a client has connected: connect to the webSocketDebuggerUrl of /json/version, and"
                    + " use the commands of the domain Target there");

    private final RandomGenerator random;

    /// @param random must be unpredictable
    CdpDiscovery(RandomGenerator random) {
        this.random = random;
    }

    /// Adds its routes, each in the usual spelling of its path.
    void on(RouteTable table) {
        table.get("/json/version", this::version);
        table.get("/json/list", _ -> HttpResponse.json(200, "[]"));
        table.get("/json/protocol", _ -> NO_BROWSER);
        table.on("PUT", "/json/new", _ -> NO_BROWSER).get("/json/new", _ -> NO_BROWSER);
        table.get("/json/close/{id}", _ -> NO_BROWSER);
        table.get("/json/activate/{id}", _ -> NO_BROWSER);
    }

    /// The address of a browser that nobody uses yet: with what the client wrote behind its own address, a
    /// token for example, because clients use this one as it is.
    private HttpResponse version(RouteRequest call) {
        var target = call.head().target();
        var question = target.indexOf('?');
        var query = question < 0 ? "" : target.substring(question);
        return call.address()
                .map(address -> {
                    var browser = CdpBrowserId.next(random);
                    var body = new LinkedHashMap<String, String>();
                    body.put("Browser", "Greenroom");
                    body.put("Protocol-Version", PROTOCOL);
                    body.put("webSocketDebuggerUrl", address + "/devtools/browser/" + browser.text() + query);
                    return ApiJson.answer(200, body);
                })
                .orElse(NO_HOST);
    }
}
