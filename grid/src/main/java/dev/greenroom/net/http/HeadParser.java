package dev.greenroom.net.http;

import dev.greenroom.net.http.HeadReader.HeadError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Parses complete heads, strictly: refuses what two parsers could understand differently.
final class HeadParser {
    static final int MAX_FIELDS = 64;

    /// Maximum length of a header name in an error text.
    private static final int MAX_NAMED_CHARS = 64;

    private static final String LINE_END = "\r\n";
    private static final String VERSION = " HTTP/1.1";
    private static final String STATUS_VERSION = "HTTP/1.1 ";
    private static final int MAX_METHOD_CHARS = 16;
    private static final int STATUS_DIGITS = 3;

    /// A health check of a load balancer that speaks HTTP/1.0, with a `Host` or without one. Nothing of
    /// it is forwarded.
    private static final Pattern CHECK_LINE = Pattern.compile("(GET|HEAD) (/health(?:/ready)?) HTTP/1\\.0");

    /// A target in absolute form, which a client sends to a forward proxy (RFC 9112, 3.2.2).
    private static final Pattern ABSOLUTE =
            Pattern.compile("(?i:https?|wss?)://([A-Za-z0-9._\\[\\]:-]+)((?:[/?][!-~]*)?)");

    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private HeadParser() {}

    /// The result of parsing a head.
    sealed interface Parsed<H> {
        record Head<H>(H head) implements Parsed<H> {}

        record Bad<H>(HeadError error) implements Parsed<H> {}
    }

    /// Parses a request head.
    ///
    /// @param head a complete request head in ISO 8859-1, including the empty line
    static Parsed<RequestHead> request(String head) {
        var end = head.indexOf(LINE_END);
        var methodEnd = methodEnd(head, end);
        var targetEnd = end - VERSION.length();
        if (methodEnd > 0 && isTarget(head, methodEnd + 1, targetEnd) && head.startsWith(VERSION, targetEnd)) {
            return request(method(head, methodEnd), head.substring(methodEnd + 1, targetEnd), fields(head, end), 1);
        }
        if (methodEnd > 0 && targetEnd > methodEnd && head.startsWith(VERSION, targetEnd)) {
            var absolute = ABSOLUTE.matcher(head.substring(methodEnd + 1, targetEnd));
            if (absolute.matches()) {
                var rest = absolute.group(2);
                return withHost(
                        absolute.group(1),
                        request(
                                method(head, methodEnd),
                                rest.startsWith("/") ? rest : "/" + rest,
                                fields(head, end),
                                1));
            }
        }
        var check = CHECK_LINE.matcher(head.substring(0, end));
        return check.matches()
                ? request(check.group(1), check.group(2), fields(head, end), 0)
                : new Parsed.Bad<>(HeadError.bad(
                        "the request line must be METHOD /path HTTP/1.1 or METHOD http://host/path HTTP/1.1 with single"
                                + " spaces and visible ASCII"));
    }

    /// The host of a target in absolute form replaces the header `Host`.
    private static Parsed<RequestHead> withHost(String host, Parsed<RequestHead> parsed) {
        if (!(parsed instanceof Parsed.Head<RequestHead>(var head))) {
            return parsed;
        }
        var headers = head.headers().stream()
                .map(header -> header.name().equalsIgnoreCase("Host") ? new HttpHeader(header.name(), host) : header)
                .toList();
        return new Parsed.Head<>(new RequestHead(head.method(), head.target(), headers));
    }

    /// @param minHosts the minimum number of `Host` headers, 0 or 1; the maximum is 1
    private static Parsed<RequestHead> request(
            String method, String target, Parsed<List<HttpHeader>> fields, int minHosts) {
        return switch (fields) {
            case Parsed.Bad<List<HttpHeader>>(var error) -> new Parsed.Bad<>(error);
            case Parsed.Head<List<HttpHeader>>(var headers) ->
                checked(new RequestHead(method, target, headers), minHosts);
        };
    }

    /// The index of the space after the method; 0 when the line does not begin with a method.
    private static int methodEnd(String head, int lineEnd) {
        var at = 0;
        var first = head.charAt(0) >= 'a' ? 'a' : 'A';
        while (at < lineEnd && head.charAt(at) >= first && head.charAt(at) <= first + 'Z' - 'A') {
            at++;
        }
        return at <= MAX_METHOD_CHARS && at < lineEnd && head.charAt(at) == ' ' ? at : 0;
    }

    /// Some clients write a whole method in lower case. Nothing of a method is forwarded.
    private static String method(String head, int end) {
        return head.substring(0, end).toUpperCase(Locale.ROOT);
    }

    private static boolean isTarget(String head, int from, int to) {
        if (from >= to || head.charAt(from) != '/') {
            return false;
        }
        for (var i = from; i < to; i++) {
            if (head.charAt(i) < '!' || head.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    private static Parsed<RequestHead> checked(RequestHead head, int minHosts) {
        var hosts = head.values("Host");
        if (hosts.size() < minHosts || hosts.size() > 1 || hosts.contains("")) {
            return new Parsed.Bad<>(HeadError.bad("there must be exactly one Host"));
        }
        for (var header : head.headers()) {
            if (header.name().equalsIgnoreCase("Transfer-Encoding")
                    || (header.name().equalsIgnoreCase("Content-Length")
                            && !header.value().equals("0"))) {
                return new Parsed.Bad<>(HeadError.bad("a request must have no body, but it has a " + header.name()));
            }
        }
        return new Parsed.Head<>(head);
    }

    /// Parses a response head.
    ///
    /// @param head a complete response head in ISO 8859-1, including the empty line
    static Parsed<ResponseHead> response(String head) {
        var end = head.indexOf(LINE_END);
        var status = status(head, end);
        if (status == 0) {
            return new Parsed.Bad<>(HeadError.bad("the status line is not HTTP/1.1"));
        }
        return switch (fields(head, end)) {
            case Parsed.Bad<List<HttpHeader>>(var error) -> new Parsed.Bad<>(error);
            case Parsed.Head<List<HttpHeader>>(var headers) -> new Parsed.Head<>(new ResponseHead(status, headers));
        };
    }

    /// The status code, 100 to 599; 0 when the line is not a valid status line. The reason phrase is
    /// optional.
    private static int status(String head, int lineEnd) {
        var from = STATUS_VERSION.length();
        var to = from + STATUS_DIGITS;
        if (lineEnd < to || !head.startsWith(STATUS_VERSION) || (lineEnd > to && head.charAt(to) != ' ')) {
            return 0;
        }
        var status = 0;
        for (var i = from; i < to; i++) {
            if (head.charAt(i) < '0' || head.charAt(i) > '9') {
                return 0;
            }
            status = 10 * status + head.charAt(i) - '0';
        }
        return status >= 100 && status < 600 ? status : 0;
    }

    /// Parses the headers in place, without copying each line first.
    ///
    /// @param lineEnd the end of the first line
    private static Parsed<List<HttpHeader>> fields(String head, int lineEnd) {
        List<HttpHeader> headers = new ArrayList<>();
        var from = lineEnd + LINE_END.length();
        for (var end = head.indexOf(LINE_END, from); end > from; end = head.indexOf(LINE_END, from)) {
            if (headers.size() == MAX_FIELDS) {
                return new Parsed.Bad<>(HeadError.headTooLarge());
            }
            var colon = tokenEnd(head, from, end);
            if (colon == from || colon == end || head.charAt(colon) != ':') {
                return new Parsed.Bad<>(HeadError.bad("a field must be 'Name: value' on one line, without a space"
                        + " before the name or the colon"));
            }
            if (!isValue(head, colon + 1, end)) {
                return new Parsed.Bad<>(
                        HeadError.bad("the field " + head.substring(from, Math.min(colon, from + MAX_NAMED_CHARS))
                                + " has a control character in its value"));
            }
            headers.add(new HttpHeader(head.substring(from, colon), trimmed(head, colon + 1, end)));
            from = end + LINE_END.length();
        }
        return new Parsed.Head<>(headers);
    }

    /// The index of the first character that is not allowed in a header name.
    private static int tokenEnd(String head, int from, int to) {
        var at = from;
        while (at < to && isTokenCharacter(head.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isTokenCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || TOKEN_PUNCTUATION.indexOf(c) >= 0;
    }

    private static boolean isValue(String head, int from, int to) {
        for (var i = from; i < to; i++) {
            var c = head.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F) {
                return false;
            }
        }
        return true;
    }

    private static String trimmed(String head, int start, int end) {
        var from = start;
        var to = end;
        while (from < to && isBlank(head.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(head.charAt(to - 1))) {
            to--;
        }
        return head.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
