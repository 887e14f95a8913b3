package dev.greenroom.e2e.grid;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.Executors;

/// A small web site: a page with a button, a form, a script, a picture and a download.
public final class TestSite implements AutoCloseable {
    /// What the download's file is called.
    public static final String REPORT_NAME = "report.bin";

    private static final int REPORT_BYTES = 300_000;
    private static final int REPORT_SEED = 42;
    private static final byte[] REPORT = new byte[REPORT_BYTES];
    private static final byte[] PICTURE = Base64.getDecoder()
            .decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    private static final String PAGE = """
            <!doctype html><html><head><title>Green room</title><script src="/app.js" defer></script></head>
            <body><h1>Welcome</h1><img id="picture" src="/picture.png" alt="">
            <button id="press">Press</button><p id="said"></p>
            <button id="ask">Ask</button><p id="weather"></p>
            <form action="/greeting"><input name="name"><button id="send">Send</button></form>
            <a id="report" href="/report">Report</a></body></html>
            """;
    private static final String SCRIPT = """
            let count = 0;
            document.querySelector('#press').onclick = () =>
                document.querySelector('#said').textContent = `pressed ${++count}`;
            document.querySelector('#ask').onclick = async () =>
                document.querySelector('#weather').textContent = await (await fetch('/weather')).text();
            """;

    static {
        new Random(REPORT_SEED).nextBytes(REPORT);
    }

    private final HttpServer server;

    private TestSite(HttpServer server) {
        this.server = server;
    }

    /// Opens it on a free port of the loopback interface.
    public static TestSite open() {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", exchange -> answer(exchange, "text/html", PAGE.getBytes(StandardCharsets.UTF_8)));
            server.createContext(
                    "/app.js",
                    exchange -> answer(exchange, "text/javascript", SCRIPT.getBytes(StandardCharsets.UTF_8)));
            server.createContext("/picture.png", exchange -> answer(exchange, "image/png", PICTURE));
            server.createContext(
                    "/weather", exchange -> answer(exchange, "text/plain", "rain".getBytes(StandardCharsets.UTF_8)));
            server.createContext("/greeting", TestSite::greet);
            server.createContext("/report", TestSite::report);
            server.start();
            return new TestSite(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void greet(HttpExchange exchange) throws IOException {
        var page =
                "<title>Greeting</title><h1>Hello, " + exchange.getRequestURI().getQuery() + "</h1>";
        answer(exchange, "text/html", page.getBytes(StandardCharsets.UTF_8));
    }

    private static void report(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().add("Content-Disposition", "attachment; filename=\"" + REPORT_NAME + "\"");
        answer(exchange, "application/octet-stream", REPORT);
    }

    private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().add("Content-Type", type + "; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /// The address of the page.
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /// What a client must get from the download.
    public static byte[] report() {
        return REPORT.clone();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
