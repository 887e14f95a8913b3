package dev.greenroom.e2e.client;

import dev.greenroom.e2e.process.Installation;
import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Playwright for Node in an exact version, fetched with the machine's npm and run with the machine's node.
///
/// @param modules the folder that it was installed into
/// @param environment of the node that runs it, beyond the ordinary
public record NodeClient(String version, Path modules, Map<String, String> environment) implements StockClient {
    private static final Duration FETCH_PATIENCE = Duration.ofSeconds(60);
    private static final Duration RUN_PATIENCE = Duration.ofSeconds(60);
    private static final String MISSING =
            " is needed on the PATH; install Node.js 20 or newer, which brings node and npm along";
    private static final JsonMapper JSON = new JsonMapper();

    /// The newest there is.
    public static NodeClient newest() {
        return of(npm("view", "playwright-core", "version"));
    }

    /// The given one, for example `1.52.0`.
    public static NodeClient of(String version) {
        return installed(version, Installation.cache("npm").resolve(version), "playwright-core");
    }

    /// The given one, with Playwright's own test runner beside it.
    public static NodeClient withTestRunner(String version) {
        return installed(
                version,
                Installation.cache("npm").resolve("test-runner-" + version),
                "@playwright/test",
                "playwright-core");
    }

    /// Puppeteer, which is another client.
    public static NodeClient puppeteer(String version) {
        return installed(version, Installation.cache("npm").resolve("puppeteer-" + version), "puppeteer-core");
    }

    /// The script of axe-core, which finds what keeps people from using a web page.
    public static Path axe(String version) {
        var client = installed(version, Installation.cache("npm").resolve("axe-" + version), "axe-core");
        return client.modules.resolve("node_modules/axe-core/axe.min.js");
    }

    private static NodeClient installed(String version, Path folder, String... packages) {
        var manifest = folder.resolve("node_modules").resolve(packages[0]).resolve("package.json");
        if (!Files.isRegularFile(manifest)) {
            var command = new ArrayList<>(List.of(
                    "install",
                    "--prefix",
                    folder.toString(),
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--no-save"));
            Stream.of(packages).map(name -> name + "@" + version).forEach(command::add);
            npm(command.toArray(String[]::new));
        }
        var found = JSON.readTree(manifest.toFile()).get("version").asString();
        if (!found.equals(version)) {
            throw new IllegalStateException("asked npm for " + packages[0] + " " + version + ", got " + found);
        }
        return new NodeClient(version, folder, Map.of());
    }

    /// The same, in a node that also trusts a certificate.
    public NodeClient trusting(Path certificate) {
        return with("NODE_EXTRA_CA_CERTS", certificate.toString());
    }

    /// The same with one variable more in its environment.
    public NodeClient with(String variable, String value) {
        var more = new TreeMap<>(environment);
        more.put(variable, value);
        return new NodeClient(version, modules, more);
    }

    private static String npm(String... arguments) {
        var command = new ArrayList<>(List.of("npm"));
        command.addAll(List.of(arguments));
        var program = started("npm", command, Installation.cache("npm"), Map.of());
        if (program.awaitExit(FETCH_PATIENCE) != 0) {
            throw new IllegalStateException(
                    command + " failed: " + program.err().text());
        }
        return program.out().text().strip();
    }

    private static Program started(String what, List<String> command, Path folder, Map<String, String> more) {
        try {
            return Program.start(
                    String.join(" ", command.subList(0, 2)), command, Installation.environment(more), folder);
        } catch (UncheckedIOException e) {
            throw new IllegalStateException(what + MISSING, e);
        }
    }

    @Override
    public Visit visit(String connectString, String site) {
        return JSON.treeToValue(run("visit.mjs", connectString, Map.of("site", site)), Visit.class);
    }

    /// Runs one of the scripts in `clients/` to its end.
    ///
    /// @param input what it finds in `input`, beside `connectString`
    /// @return what it answered
    /// @throws ClientFailedException when it threw
    public JsonNode run(String script, String connectString, Map<String, Object> input) {
        return answer(start(script, connectString, input), RUN_PATIENCE);
    }

    /// Waits for the end of a script that was started.
    ///
    /// @return what it answered
    /// @throws ClientFailedException when it threw
    public static JsonNode answer(Program program, Duration patience) {
        var code = program.awaitExit(patience);
        var lines = program.out().all();
        if (lines.isEmpty()) {
            throw new AssertionError("a client ended with " + code + " and said nothing: "
                    + program.err().text());
        }
        var answer = JSON.readTree(lines.getLast());
        if (answer.has("error")) {
            throw new ClientFailedException(answer.get("error").asString());
        }
        return answer.get("result");
    }

    /// Runs the test runner on the files of a folder in `clients/`, and waits for its end.
    public Program runSuite(String suite) {
        var runner = modules.resolve("node_modules/@playwright/test/cli.js");
        var program = started("node", List.of("node", runner.toString(), "test"), suite(suite), environment);
        program.awaitExit(RUN_PATIENCE);
        return program;
    }

    /// Copies a folder in `clients/` to where Node.js finds the packages.
    public Path suite(String suite) {
        // Node.js looks for packages in the folders above a file.
        var folder = modules.resolve("suites").resolve(suite);
        try {
            Files.createDirectories(folder);
            try (var files = Files.list(script(suite))) {
                for (var file : files.toList()) {
                    Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    /// Starts one of the scripts in `clients/`.
    public Program start(String script, String connectString, Map<String, Object> input) {
        return started(
                "node", List.of("node", script(script).toString(), input(connectString, input)), modules, environment);
    }

    /// The argument that a script in `clients/` is started with.
    public String input(String connectString, Map<String, Object> more) {
        var all = new TreeMap<>(more);
        all.put("connectString", connectString);
        all.put("modules", modules.toString());
        return JSON.writeValueAsString(all);
    }

    /// The path of one of the scripts in `clients/`.
    public static Path script(String name) {
        try {
            return Path.of(Objects.requireNonNull(NodeClient.class.getResource("/clients/" + name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
