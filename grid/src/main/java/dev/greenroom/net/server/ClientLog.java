package dev.greenroom.net.server;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What an answer says to the log of a Playwright client: with `DEBUG=pw:browser`, and in the call log of
/// an error that a failed connect throws.
public final class ClientLog {
    /// Compared by clients with the name as it was sent, so it must be in lower case. Each field is a line
    /// in their log.
    private static final String FIELD = "x-playwright-debug-log";

    /// From a worker to its proxy: launch options that make no sense for the worker's browsers.
    private static final String IGNORED_FIELD = "X-Greenroom-Ignored-Options";

    private static final int MAX_IGNORED_CHARS = 2000;

    private ClientLog() {}

    /// The fields of a 101 to a client.
    ///
    /// @param ignored names of launch options, safe in a header
    public static List<HttpHeader> connected(SessionId session, WorkerId worker, List<String> ignored) {
        List<HttpHeader> fields = new ArrayList<>();
        fields.add(new HttpHeader(FIELD, "greenroom: session " + session + " on worker " + worker));
        if (!ignored.isEmpty()) {
            fields.add(new HttpHeader(FIELD, "greenroom: ignored launch options: " + String.join(", ", ignored)));
        }
        return fields;
    }

    /// An answer to an upgrade that is refused.
    static HttpResponse refused(HttpResponse answer, SessionId session) {
        return answer.with(FIELD, "greenroom: session " + session + " refused");
    }

    /// The field of a worker's 101 to a proxy; empty where nothing was ignored.
    ///
    /// @param names safe in a header
    public static Optional<HttpHeader> ignoredByWorker(List<String> names) {
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(new HttpHeader(IGNORED_FIELD, String.join(", ", names)));
    }

    /// What a worker's 101 says that it ignored. A worker is not trusted with the headers of a client.
    public static List<String> ignoredByWorker(ResponseHead answer) {
        return answer.header(IGNORED_FIELD)
                .filter(names -> names.length() <= MAX_IGNORED_CHARS)
                .map(names -> List.of(names.replaceAll("[^A-Za-z0-9._, -]", "?").split(", ")))
                .orElse(List.of());
    }
}
