package dev.greenroom.net.server;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Response headers that a Playwright client logs: with `DEBUG=pw:browser`, and in the call log of the
/// error that a failed connect throws.
public final class ClientLog {
    /// Clients compare this name case-sensitively, so it must be lower case. They log each such header as
    /// one line.
    private static final String FIELD = "x-playwright-debug-log";

    /// From a worker to its proxy: launch options that do not apply to the worker's browsers.
    private static final String IGNORED_FIELD = "X-Greenroom-Ignored-Options";

    private static final int MAX_IGNORED_CHARS = 2000;

    private ClientLog() {}

    /// The headers of a client's 101.
    ///
    /// @param ignored names of launch options, safe in a header value
    public static List<HttpHeader> connected(SessionId session, WorkerId worker, List<String> ignored) {
        List<HttpHeader> fields = new ArrayList<>();
        fields.add(new HttpHeader(FIELD, "greenroom: session " + session + " on worker " + worker));
        if (!ignored.isEmpty()) {
            fields.add(new HttpHeader(FIELD, "greenroom: ignored launch options: " + String.join(", ", ignored)));
        }
        return fields;
    }

    /// Adds the header to the response of a refused upgrade.
    static HttpResponse refused(HttpResponse answer, SessionId session) {
        return answer.with(FIELD, "greenroom: session " + session + " refused");
    }

    /// The header of a worker's 101 to a proxy; empty when no option was ignored.
    ///
    /// @param names safe in a header value
    public static Optional<HttpHeader> ignoredByWorker(List<String> names) {
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(new HttpHeader(IGNORED_FIELD, String.join(", ", names)));
    }

    /// Reads the ignored options from a worker's 101. Removes characters that are unsafe in a client's
    /// header, because a worker is not trusted with those.
    public static List<String> ignoredByWorker(ResponseHead answer) {
        return answer.header(IGNORED_FIELD)
                .filter(names -> names.length() <= MAX_IGNORED_CHARS)
                .map(names -> List.of(names.replaceAll("[^A-Za-z0-9._, -]", "?").split(", ")))
                .orElse(List.of());
    }
}
