package dev.greenroom.net.http;

import dev.greenroom.net.http.HeadReader.HeadError;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Reads complete heads, strictly: what two readers could understand differently is refused.
final class HeadParser {
    static final int MAX_FIELDS = 64;

    /// Of a name, in what its sender is told.
    private static final int MAX_NAMED_CHARS = 64;

    private static final String LINE_END = "\r\n";
    private static final String VERSION = " HTTP/1.1";
    private static final String STATUS_VERSION = "HTTP/1.1 ";
    private static final int MAX_METHOD_CHARS = 16;
    private static final int STATUS_DIGITS = 3;

    /// What load balancers ask that speak HTTP/1.0, with a `Host` or without one. Nothing of it goes
    /// anywhere.
    private static final Pattern CHECK_LINE = Pattern.compile("(GET|HEAD) (/health(?:/ready)?) HTTP/1\\.0");

    /// A target in absolute form, as a client sends it that takes the grid for a proxy (RFC 9112, 3.2.2).
    private static final Pattern ABSOLUTE =
            Pattern.compile("(?i:https?|wss?)://([A-Za-z0-9._\\[\\]:-]+)((?:[/?][!-~]*)?)");

    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private HeadParser() {}

    /// What came of a head.
    sealed interface Parsed<H> {
        record Head<H>(H head) implements Parsed<H> {}

        record Bad<H>(HeadError error) implements Parsed<H> {}
    }

    /// Parses a request head.
    ///
    /// @param head a complete request head in ISO 8859-1, the empty line included
    static Parsed<RequestHead> request(String head) {
        var end = head.indexOf(LINE_END);
        var methodEnd = methodEnd(head, end);
        var targetEnd = end - VERSION.length();
        if (methodEnd > 0 && isTarget(head, methodEnd + 1, targetEnd) && head.startsWith(VERSION, targetEnd)) {
            return request(
                    head.substring(0, methodEnd), head.substring(methodEnd + 1, targetEnd), fields(head, end), 1);
        }
        if (methodEnd > 0 && targetEnd > methodEnd && head.startsWith(VERSION, targetEnd)) {
            var absolute = ABSOLUTE.matcher(head.substring(methodEnd + 1, targetEnd));
            if (absolute.matches()) {
                var rest = absolute.group(2);
                return calling(
                        absolute.group(1),
                        request(
                                head.substring(0, methodEnd),
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

    /// The host of a target in absolute form counts, and the field `Host` does not.
    private static Parsed<RequestHead> calling(String host, Parsed<RequestHead> parsed) {
        if (!(parsed instanceof Parsed.Head<RequestHead>(var head))) {
            return parsed;
        }
        var headers = head.headers().stream()
                .map(header -> header.name().equalsIgnoreCase("Host") ? new HttpHeader(header.name(), host) : header)
                .toList();
        return new Parsed.Head<>(new RequestHead(head.method(), head.target(), headers));
    }

    /// @param fewestHosts 0 or 1; there is one at most
    private static Parsed<RequestHead> request(
            String method, String target, Parsed<List<HttpHeader>> fields, int fewestHosts) {
        return switch (fields) {
            case Parsed.Bad<List<HttpHeader>>(var error) -> new Parsed.Bad<>(error);
            case Parsed.Head<List<HttpHeader>>(var headers) ->
                checked(new RequestHead(method, target, headers), fewestHosts);
        };
    }

    /// Where the method ends and a space follows; 0 where there is none.
    private static int methodEnd(String head, int lineEnd) {
        var at = 0;
        while (at < lineEnd && head.charAt(at) >= 'A' && head.charAt(at) <= 'Z') {
            at++;
        }
        return at <= MAX_METHOD_CHARS && at < lineEnd && head.charAt(at) == ' ' ? at : 0;
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

    private static Parsed<RequestHead> checked(RequestHead head, int fewestHosts) {
        var hosts = head.values("Host");
        if (hosts.size() < fewestHosts || hosts.size() > 1 || hosts.contains("")) {
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
    /// @param head a complete response head in ISO 8859-1, the empty line included
    static Parsed<ResponseHead> response(String head) {
        var end = head.indexOf(LINE_END);
        var status = status(head, end);
        if (status == 0) {
            return new Parsed.Bad<>(HeadError.bad("the status line is not one of HTTP/1.1"));
        }
        return switch (fields(head, end)) {
            case Parsed.Bad<List<HttpHeader>>(var error) -> new Parsed.Bad<>(error);
            case Parsed.Head<List<HttpHeader>>(var headers) -> new Parsed.Head<>(new ResponseHead(status, headers));
        };
    }

    /// 100 to 599, with a reason behind it or without one; 0 where the line has none of these.
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

    /// Reads where the fields stand: as lines of their own they would be copied once more.
    ///
    /// @param lineEnd of the first line
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
            headers.add(new HttpHeader(head.substring(from, colon), withoutBlanks(head, colon + 1, end)));
            from = end + LINE_END.length();
        }
        return new Parsed.Head<>(headers);
    }

    /// Where the characters end that a name may have.
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

    private static String withoutBlanks(String head, int start, int end) {
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
