package dev.greenroom.worker.driver;

import dev.greenroom.data.Json;
import dev.greenroom.session.LaunchOverrides;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What `host.js` says, one JSON object a line; and what it is told.
sealed interface DriverMessage {

    /// It takes orders now.
    ///
    /// @param release the version of its playwright-core
    record Ready(String release) implements DriverMessage {}

    /// Its browser server listens.
    ///
    /// @param pid 0 when the browser waits for its client
    record Launched(long id, String wsPath, long pid) implements DriverMessage {}

    /// The browser of a client that came runs now.
    record Spawned(long id, long pid) implements DriverMessage {}

    /// The client of a browser has come, and it may be launched if the answer says so.
    record Wants(long id) implements DriverMessage {}

    /// A launch for a client that came is over.
    ///
    /// @param up whether there is a browser now
    record CameUp(long id, boolean up) implements DriverMessage {}

    /// The browser may not be launched as the client wants it.
    ///
    /// @param option the name of the launch option
    record Refused(long id, String option, String why) implements DriverMessage {}

    record Failed(long id, String why) implements DriverMessage {}

    /// The browser runs, but refuses what this version of Playwright sends it to open a page.
    record Incompatible(long id, String why) implements DriverMessage {}

    /// The browser ended without having been closed.
    record Died(long id, String how) implements DriverMessage {}

    record Closed(long id) implements DriverMessage {}

    /// Reads a line; empty for anything that is not a message.
    static Optional<DriverMessage> of(String line) {
        try {
            return Optional.ofNullable(Json.mapper().readTree(line)).flatMap(DriverMessage::of);
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private static Optional<DriverMessage> of(JsonNode node) {
        var id = node.path("id").asLong(0);
        if (node.has("ready")) {
            return Optional.of(new Ready(node.path("ready").asString("")));
        }
        if (node.has("launched")) {
            var launched = node.path("launched");
            return Optional.of(new Launched(
                    id,
                    launched.path("wsPath").asString(""),
                    launched.path("pid").asLong(0)));
        }
        if (node.has("spawned")) {
            return Optional.of(new Spawned(id, node.path("spawned").asLong(0)));
        }
        if (node.has("wants")) {
            return Optional.of(new Wants(id));
        }
        if (node.has("up")) {
            return Optional.of(new CameUp(id, node.path("up").asBoolean(false)));
        }
        if (node.has("refused")) {
            var refused = node.path("refused");
            return Optional.of(new Refused(
                    id, refused.path("option").asString(""), refused.path("why").asString("")));
        }
        if (node.has("failed")) {
            return Optional.of(new Failed(id, node.path("failed").asString("")));
        }
        if (node.has("incompatible")) {
            return Optional.of(new Incompatible(id, node.path("incompatible").asString("")));
        }
        if (node.has("died")) {
            return Optional.of(new Died(id, node.path("died").asString("")));
        }
        return node.has("closed") ? Optional.of(new Closed(id)) : Optional.empty();
    }

    /// The line that launches a browser server on a socket, now or when its client comes.
    static String launch(long id, Path socket, LaunchSpec spec) {
        var options = new LinkedHashMap<String, Object>();
        options.put("headless", spec.headless());
        options.put("executablePath", spec.executable().toString());
        spec.channel().ifPresent(channel -> options.put("channel", channel));
        options.put("chromiumSandbox", spec.sandbox());
        options.put("args", List.copyOf(spec.args()));
        options.put("timeout", spec.timeout().toMillis());
        var launch = new LinkedHashMap<String, Object>();
        launch.put("browser", spec.type().wireName());
        launch.put("socket", socket.toString());
        launch.put("options", options);
        launch.put("opensPage", spec.opensPage());
        spec.onConnect().ifPresent(it -> {
            launch.put("exposesNetwork", it.exposesNetwork());
            it.proxy().ifPresent(proxy -> options.put("proxy", proxy(proxy)));
            options.put("slowMo", it.slowMotion().toMillis());
            if (!it.firefoxUserPrefs().isEmpty()) {
                options.put("firefoxUserPrefs", it.firefoxUserPrefs());
            }
        });
        return Json.mapper().writeValueAsString(Map.of("id", id, spec.onConnect().isPresent() ? "await" : "launch", launch));
    }

    private static Map<String, String> proxy(LaunchOverrides.ClientProxy proxy) {
        var options = new LinkedHashMap<String, String>();
        options.put("server", proxy.server());
        proxy.bypass().ifPresent(hosts -> options.put("bypass", hosts));
        proxy.username().ifPresent(name -> options.put("username", name));
        proxy.password().ifPresent(password -> options.put("password", password));
        return options;
    }

    /// The line that lets the launch for a client begin, or not.
    ///
    /// @param refusal why not
    static String startCommand(long id, Optional<String> refusal) {
        return Json.mapper().writeValueAsString(Map.of("id", id, "go", refusal.orElse("")));
    }

    /// The line that closes these ports of this machine and these servers to requests, and opens others.
    static String close(BlockedPorts.BlockedAddresses closed) {
        return Json.mapper().writeValueAsString(Map.of("closePorts", closed.ports(), "closeServers", closed.servers()));
    }

    /// The line that destroys a browser.
    static String close(long id) {
        return Json.mapper().writeValueAsString(Map.of("id", id, "close", true));
    }
}
