package dev.greenroom.e2e.client;

import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A small program around a stock client of the Chrome DevTools Protocol for Python or Go. The client, in an
/// exact version, is fetched with the machine's pip or go.
///
/// @param client which one, as the program knows it
/// @param command without its argument
/// @param folder for what the client writes
public record CdpProgram(String client, List<String> command, Path folder) {
    private static final Duration FETCH_PATIENCE = Duration.ofSeconds(110);
    private static final Duration LONG_FETCH_PATIENCE = Duration.ofMinutes(15);
    private static final Duration RUN_PATIENCE = Duration.ofSeconds(60);
    private static final List<String> GO = List.of("chromedp", "chromedp-classic", "rod");

    /// Clients for Python that need other versions of the same packages, or very many packages.
    private static final List<String> APART = List.of("browser-use", "pyppeteer");

    private static final JsonMapper JSON = new JsonMapper();

    /// One of those that have a program in `clients/go`, or that `clients/cdp.py` knows. Fetched once.
    public static CdpProgram of(String client) {
        return GO.contains(client) ? go(client) : python(client, APART.contains(client) ? client : "clients");
    }

    private static CdpProgram go(String client) {
        var source = NodeClient.script("go/" + client).toString();
        var program = Installation.cache("go").resolve(client);
        if (!Files.exists(program)) {
            fetch(List.of("go", "build", "-C", source, "-o", program.toString(), "."), FETCH_PATIENCE);
        }
        return new CdpProgram(client, List.of(program.toString()), Installation.cache("go-" + client));
    }

    private static CdpProgram python(String client, String packages) {
        var environment = Installation.cache("python-" + packages);
        var python = environment.resolve("bin/python").toString();
        var mark = environment.resolve("fetched");
        if (!Files.exists(mark)) {
            fetch(List.of("python3", "-m", "venv", environment.toString()), FETCH_PATIENCE);
            var list = NodeClient.script("python/" + packages + ".txt").toString();
            fetch(
                    List.of(python, "-m", "pip", "install", "-q", "-r", list),
                    client.equals("browser-use") ? LONG_FETCH_PATIENCE : FETCH_PATIENCE);
            mark(mark);
        }
        var script = NodeClient.script("cdp.py").toString();
        return new CdpProgram(client, List.of(python, script), environment);
    }

    private static void mark(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void fetch(List<String> command, Duration patience) {
        var program = Program.start(
                String.join(" ", command.subList(0, 2)),
                command,
                Installation.environment(Map.of()),
                Installation.home());
        if (program.awaitExit(patience) != 0) {
            throw new IllegalStateException(
                    command + " failed: " + program.err().text());
        }
    }

    /// Has it do on a [dev.greenroom.e2e.grid.TestSite] what people do on web sites.
    ///
    /// @param idle how long it is silent meanwhile, if it is one for Go
    /// @return what it saw
    /// @throws ClientFailedException when it failed
    public JsonNode visit(String connectString, String site, Map<String, String> headers, Duration idle) {
        var input = JSON.writeValueAsString(Map.of(
                "client", client,
                "connectString", connectString,
                "site", site,
                "headers", headers,
                "idleMillis", idle.toMillis()));
        var whole = new ArrayList<>(command);
        whole.add(input);
        var environment = Installation.environment(
                Map.of("HOME", folder.toString(), "TMPDIR", folder.toString(), "ANONYMIZED_TELEMETRY", "false"));
        try (var program = Program.start(client, whole, environment, folder)) {
            return NodeClient.answer(program, RUN_PATIENCE);
        }
    }
}
