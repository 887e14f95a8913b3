package dev.greenroom.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Reads complete heads, strictly: what two readers could understand differently is refused.
final class HeadParser {
    static final int MAX_FIELDS = 64;

    private static final String LINE_END = "\r\n";
    private static final Pattern REQUEST_LINE = Pattern.compile("([A-Z]{1,16}) (/[\\x21-\\x7E]*) HTTP/1\\.1");

    /// What load balancers ask that speak HTTP/1.0, with a `Host` or without one. Nothing of it goes anywhere.
    private static final Pattern CHECK_LINE = Pattern.compile("(GET|HEAD) (/health(?:/ready)?) HTTP/1\\.0");

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 ([1-5]\\d\\d)(?: .*)?");
    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private HeadParser() {}

    /// What came of a head.
    sealed interface Parsed<H> {
        record Head<H>(H head) implements Parsed<H> {}

        record Bad<H>(HeadError error) implements Parsed<H> {}
    }

    /// @param head a complete request head in ISO 8859-1, the empty line included
    static Parsed<RequestHead> request(String head) {
        var lines = lines(head);
        var line = REQUEST_LINE.matcher(lines.getFirst());
        if (line.matches()) {
            return request(line, lines, 1);
        }
        var check = CHECK_LINE.matcher(lines.getFirst());
        return check.matches()
                ? request(check, lines, 0)
                : new Parsed.Bad<>(HeadError.bad(
                        "the request line must be METHOD /path HTTP/1.1 with single spaces and visible ASCII"));
    }

    /// @param fewestHosts 0 or 1; there is one at most
    private static Parsed<RequestHead> request(MatchResult line, List<String> lines, int fewestHosts) {
        return switch (fields(lines)) {
            case Parsed.Bad<List<Header>>(var error) -> new Parsed.Bad<>(error);
            case Parsed.Head<List<Header>>(var headers) ->
                checked(new RequestHead(line.group(1), line.group(2), headers), fewestHosts);
        };
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

    /// @param head a complete response head in ISO 8859-1, the empty line included
    static Parsed<ResponseHead> response(String head) {
        var lines = lines(head);
        var line = STATUS_LINE.matcher(lines.getFirst());
        if (!line.matches()) {
            return new Parsed.Bad<>(HeadError.bad("the status line is not one of HTTP/1.1"));
        }
        var status = Integer.parseInt(line.group(1));
        return switch (fields(lines)) {
            case Parsed.Bad<List<Header>>(var error) -> new Parsed.Bad<>(error);
            case Parsed.Head<List<Header>>(var headers) -> new Parsed.Head<>(new ResponseHead(status, headers));
        };
    }

    /// Without the empty line at the end. Splitting by an expression would cost more than all the rest of reading.
    private static List<String> lines(String head) {
        List<String> lines = new ArrayList<>();
        var from = 0;
        for (var end = head.indexOf(LINE_END); end > from; end = head.indexOf(LINE_END, from)) {
            lines.add(head.substring(from, end));
            from = end + LINE_END.length();
        }
        return lines.isEmpty() ? List.of("") : lines;
    }

    private static Parsed<List<Header>> fields(List<String> lines) {
        if (lines.size() - 1 > MAX_FIELDS) {
            return new Parsed.Bad<>(HeadError.headTooLarge());
        }
        List<Header> headers = new ArrayList<>(lines.size() - 1);
        for (var i = 1; i < lines.size(); i++) {
            var line = lines.get(i);
            var colon = line.indexOf(':');
            if (colon < 1 || !isToken(line, colon)) {
                return new Parsed.Bad<>(HeadError.bad("a field must be 'Name: value' on one line, without a space"
                        + " before the name or the colon"));
            }
            if (!isValue(line, colon + 1)) {
                return new Parsed.Bad<>(HeadError.bad("the field " + line.substring(0, Math.min(colon, 64))
                        + " has a control character in its value"));
            }
            headers.add(new Header(line.substring(0, colon), withoutBlanks(line, colon + 1)));
        }
        return new Parsed.Head<>(headers);
    }

    private static boolean isToken(String line, int end) {
        for (var i = 0; i < end; i++) {
            var c = line.charAt(i);
            var alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!alphanumeric && TOKEN_PUNCTUATION.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isValue(String line, int start) {
        for (var i = start; i < line.length(); i++) {
            var c = line.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7F) {
                return false;
            }
        }
        return true;
    }

    private static String withoutBlanks(String line, int start) {
        var from = start;
        var to = line.length();
        while (from < to && isBlank(line.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(line.charAt(to - 1))) {
            to--;
        }
        return line.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
