package dev.greenroom.net.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A request head that passed the strict parser: HTTP/1.1, one `Host`, no body. The host of a target in
/// absolute form has replaced the `Host`.
///
/// @param target path and query as sent, visible ASCII, starting with a slash
public record RequestHead(String method, String target, List<HttpHeader> headers) {
    /// Names a request, in requests and responses.
    public static final String REQUEST_ID_HEADER = "X-Request-Id";

    private static final Pattern SECRET_PATH = Pattern.compile("^(/devtools/browser/).*");
    private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");

    public RequestHead {
        headers = List.copyOf(headers);
    }

    /// The target without its query.
    public String path() {
        var question = target.indexOf('?');
        return question < 0 ? target : target.substring(0, question);
    }

    /// The path for the log: without the id of a browser, which admits whoever knows it.
    public String pathToLog() {
        return SECRET_PATH.matcher(path()).replaceFirst("$1…");
    }

    /// The first value of a query parameter, form-decoded: percent-decoded, with a space for each `+`.
    /// Empty when it is missing. A value with a malformed escape is returned as it is.
    public Optional<String> query(String name) {
        return rawQuery(name).map(RequestHead::formDecoded);
    }

    /// The first value of a query parameter, percent-decoded; a `+` stays a `+`. For values that contain
    /// no space.
    public Optional<String> literalQuery(String name) {
        return rawQuery(name).map(RequestHead::percentDecoded);
    }

    /// All different values of a query parameter, decoded as by [#literalQuery].
    public List<String> literalQueries(String name) {
        return rawQueries(name).map(RequestHead::percentDecoded).distinct().toList();
    }

    private Optional<String> rawQuery(String name) {
        return rawQueries(name).findFirst();
    }

    private Stream<String> rawQueries(String name) {
        var question = target.indexOf('?');
        return Stream.of(
                        question < 0
                                ? new String[0]
                                : target.substring(question + 1).split("&", -1))
                .map(pair -> pair.split("=", 2))
                .filter(pair -> formDecoded(pair[0]).equals(name))
                .map(pair -> pair.length == 1 ? "" : pair[1]);
    }

    /// Decodes percent escapes, once. Returns a text with a malformed escape as it is.
    public static String percentDecoded(String text) {
        return text.indexOf('%') < 0 ? text : formDecoded(text.replace("+", "%2B"), text);
    }

    private static String formDecoded(String text) {
        return formDecoded(text, text);
    }

    private static String formDecoded(String text, String otherwise) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return otherwise;
        }
    }

    /// The first value of a header, whatever the case of its name.
    public Optional<String> header(String name) {
        return HttpHeader.first(headers, name);
    }

    /// The client's own request id, for the log. Empty where there is none or it has characters that do not
    /// belong into a log line.
    public Optional<String> requestId() {
        return header(REQUEST_ID_HEADER).filter(id -> REQUEST_ID.matcher(id).matches());
    }

    /// All values of a header, whatever the case of its name, in the order in which they were sent.
    public List<String> values(String name) {
        return HttpHeader.all(headers, name);
    }

    /// Whether a header that is a list of tokens contains a token, ignoring case.
    public boolean hasToken(String name, String token) {
        for (var header : headers) {
            if (header.name().equalsIgnoreCase(name) && containsToken(header.value(), token)) {
                return true;
            }
        }
        return false;
    }

    private static boolean containsToken(String value, String token) {
        var from = 0;
        while (from <= value.length()) {
            var comma = value.indexOf(',', from);
            var to = comma < 0 ? value.length() : comma;
            if (value.substring(from, to).strip().equalsIgnoreCase(token)) {
                return true;
            }
            from = to + 1;
        }
        return false;
    }

    /// Whether this is an upgrade to a WebSocket, valid or not.
    public boolean isUpgrade() {
        return hasToken("Upgrade", "websocket");
    }
}
