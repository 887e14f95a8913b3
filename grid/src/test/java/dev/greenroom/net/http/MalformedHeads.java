package dev.greenroom.net.http;

import dev.greenroom.testkit.RawClient;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// A corpus of heads that are wrong in one respect each, with the status that answers them.
final class MalformedHeads {
    private static final String LINE = "GET / HTTP/1.1\r\n";
    private static final String REST = "Host: grid\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
            + RawClient.KEY + "\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private final List<Malformed> corpus = new ArrayList<>();

    /// @param what is wrong
    record Malformed(String what, String head, int status) {}

    static List<Malformed> all() {
        var heads = new MalformedHeads();
        heads.wrongBytes();
        heads.wrongLines();
        heads.wrongHosts();
        heads.bodies();
        heads.wrongSizes();
        heads.wrongHandshakes();
        return heads.corpus;
    }

    private void add(String what, String head) {
        corpus.add(new Malformed(what, head, 400));
    }

    private static IntStream bytesThat(IntPredicate rule) {
        return IntStream.range(0, 256).filter(rule);
    }

    private void wrongBytes() {
        bytesThat(b -> b < 'A' || b > 'Z').forEach(b -> {
            add("method byte " + b, (char) b + "ET / HTTP/1.1\r\n" + REST);
            add("last method byte " + b, "GE" + (char) b + " / HTTP/1.1\r\n" + REST);
        });
        bytesThat(b -> b < 0x21 || b > 0x7E).forEach(b -> {
            add("target byte " + b, "GET /" + (char) b + "x HTTP/1.1\r\n" + REST);
            add("query byte " + b, "GET /?a=" + (char) b + "x HTTP/1.1\r\n" + REST);
        });
        bytesThat(b -> !Character.isLetterOrDigit(b) && "!#$%&'*+-.^_`|~:".indexOf(b) < 0)
                .forEach(b -> add("name byte " + b, LINE + "X" + (char) b + "Y: z\r\n" + REST));
        bytesThat(b -> (b < 0x20 && b != '\t') || b == 0x7F).forEach(b -> {
            add("value byte " + b, LINE + "X: a" + (char) b + "b\r\n" + REST);
            add("first value byte " + b, LINE + "X:" + (char) b + "b\r\n" + REST);
            add("last value byte " + b, LINE + "X: a" + (char) b + "\r\n" + REST);
        });
    }

    private void wrongLines() {
        for (var version :
                List.of("HTTP/1.0", "HTTP/0.9", "HTTP/2", "HTTP/2.0", "HTTP/1.2", "HTTP/11", "http/1.1", "")) {
            add("version '" + version + "'", "GET / " + version + "\r\n" + REST);
        }
        for (var target : List.of(
                "*",
                "http://",
                "http:///a",
                "http:/grid/",
                "http://a@grid/",
                "http://grid\\",
                "ftp://grid/",
                "grid:8080",
                "x",
                "",
                "?browser=chromium",
                "\\")) {
            add("target '" + target + "'", "GET " + target + " HTTP/1.1\r\n" + REST);
        }
        for (var spaced : List.of(
                "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET\t/ HTTP/1.1")) {
            add("spaces '" + spaced + "'", spaced + "\r\n" + REST);
        }
        var good = LINE + REST;
        for (var at = good.indexOf("\r\n"); at >= 0; at = good.indexOf("\r\n", at + 2)) {
            for (var ending : List.of("\n", "\r", "\r\r\n", "\n\r", "\r\n \r\n", "\r\n\t folded\r\n")) {
                // After the last line these would be a head that never ends, and one with bytes behind it.
                if (at + 2 < good.length() || List.of("\n", "\r\r\n", "\n\r").contains(ending)) {
                    add("line ending at " + at, good.substring(0, at) + ending + good.substring(at + 2));
                }
            }
        }
        for (var field : List.of("no colon", ": no name", "X : space", " X: space", "\tX: tab", "X y: space")) {
            add("field '" + field + "'", LINE + field + "\r\n" + REST);
        }
        add("empty request line", "\r\n" + good);
    }

    private void wrongHosts() {
        var withoutHost = REST.substring(REST.indexOf("Upgrade"));
        add("no host", LINE + withoutHost);
        for (var name : List.of("Host", "host", "HOST", "hOsT")) {
            for (var value : List.of("grid", "other", "", "grid:8080")) {
                add("second " + name + " " + value, LINE + name + ": " + value + "\r\n" + REST);
            }
            add("empty " + name, LINE + name + ":\r\n" + withoutHost);
        }
    }

    private void bodies() {
        IntStream.rangeClosed(1, 400)
                .forEach(length -> add("length " + length, LINE + "Content-Length: " + length + "\r\n" + REST));
        for (var length : List.of("", "00", "+0", "-0", "-1", "0x0", "0, 0", "0 0", "0.0", "1e3", "abc", "0;", "٠")) {
            add("length '" + length + "'", LINE + "Content-Length: " + length + "\r\n" + REST);
        }
        for (var coding :
                List.of("chunked", "identity", "gzip", "gzip, chunked", "Chunked", "", "chunked, chunked", "x")) {
            for (var name : List.of("Transfer-Encoding", "transfer-encoding", "TRANSFER-ENCODING")) {
                add(name + " '" + coding + "'", LINE + name + ": " + coding + "\r\n" + REST);
                add(name + " after a length", LINE + "Content-Length: 0\r\n" + name + ": " + coding + "\r\n" + REST);
            }
        }
    }

    private void wrongSizes() {
        IntStream.rangeClosed(1, 100).forEach(over -> {
            var path = "/" + "a".repeat(HeadReader.MAX_LINE_BYTES - LINE.length() + 3 + over);
            corpus.add(new Malformed("line over by " + over, "GET " + path + " HTTP/1.1\r\n" + REST, 414));
        });
        IntStream.rangeClosed(60, 160)
                .forEach(more ->
                        corpus.add(new Malformed(more + " fields more", LINE + "X: y\r\n".repeat(more) + REST, 431)));
        IntStream.rangeClosed(16, 66)
                .forEach(kilobytes -> corpus.add(new Malformed(
                        kilobytes + " KB of head",
                        LINE + ("X: " + "y".repeat(1021) + "\r\n").repeat(kilobytes) + REST,
                        431)));
        IntStream.rangeClosed(1, 50)
                .forEach(over -> corpus.add(new Malformed(
                        "field over by " + over,
                        LINE + "X: " + "y".repeat(HeadReader.MAX_LINE_BYTES - 3 + over) + "\r\n" + REST,
                        431)));
    }

    private void wrongHandshakes() {
        IntStream.rangeClosed(0, 60)
                .filter(length -> length != 24)
                .forEach(length -> add("key of " + length, LINE + REST.replace(RawClient.KEY, "A".repeat(length))));
        for (var key : List.of(
                "Nil",
                "nilnil",
                "dGhlIHNhbXBsZSBub25jZQ=",
                "dGhlIHNhbXBsZSBub25jZ===",
                "dGhlIHNhbXBsZSBub25j*Q==",
                "=".repeat(24))) {
            add("key '" + key + "'", LINE + REST.replace(RawClient.KEY, key));
        }
        add("two keys", LINE + "Sec-WebSocket-Key: " + RawClient.KEY + "\r\n" + REST);
        IntStream.rangeClosed(0, 99)
                .filter(version -> version != 13)
                .forEach(version ->
                        add("version " + version, LINE + REST.replace("Version: 13", "Version: " + version)));
        add("no version", LINE + REST.replace("Sec-WebSocket-Version: 13\r\n", ""));
        for (var connection : List.of("keep-alive", "close", "", "Upgraded", "Up grade")) {
            add("connection " + connection, LINE + REST.replace("Connection: Upgrade", "Connection: " + connection));
        }
        for (var method : List.of("POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI")) {
            add("method " + method, LINE.replace("GET", method) + REST);
        }
    }
}
