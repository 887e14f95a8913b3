package dev.greenroom.e2e.wire;

import java.util.ArrayList;
import java.util.List;

/// Single requests, each on a connection of its own.
public final class Http {
    /// The client of most tests: the Playwright that the product bundles.
    public static final String PLAYWRIGHT = "User-Agent: Playwright/1.62.1 (x64; debian 12) java/25";

    /// The key of the handshake in the WebSocket standard.
    public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    /// What a server must make of [#KEY].
    public static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static final String END = "\r\n\r\n";

    private Http() {}

    /// Asks as `curl` and `wget` do.
    public static HttpAnswer get(int port, String path, String... headers) {
        return send(port, head("GET " + path + " HTTP/1.1", "Host: localhost:" + port, List.of(headers)));
    }

    /// Sends bytes as they are and reads one answer.
    public static HttpAnswer send(int port, String request) {
        try (var connection = RawConnection.open(port)) {
            connection.send(request);
            return connection.readAnswer();
        }
    }

    /// Asks for a session and tells the answer; a session that begins is dropped at once.
    public static HttpAnswer connect(int port, String path, String... headers) {
        return send(port, upgrade(port, path, headers));
    }

    /// The head of a well-formed wish for a session.
    ///
    /// @param headers more of them, for example [#PLAYWRIGHT]
    public static String upgrade(int port, String path, String... headers) {
        var all = new ArrayList<>(List.of(
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: " + KEY, "Sec-WebSocket-Version: 13"));
        all.addAll(List.of(headers));
        return head("GET " + path + " HTTP/1.1", "Host: localhost:" + port, all);
    }

    private static String head(String line, String host, List<String> headers) {
        var more = headers.isEmpty() ? "" : "\r\n" + String.join("\r\n", headers);
        return line + "\r\n" + host + more + END;
    }
}
