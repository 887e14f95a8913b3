package dev.greenroom.worker.driver;

import dev.greenroom.data.Json;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.worker.driver.PageViews.SessionTimeline;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The messages of `host.js`, one JSON object per line, and the commands that it gets.
sealed interface DriverMessage {
    /// Pages of a session that are listed.
    int MAX_PAGES = 200;

    int MAX_PAGE_TEXT = 2000;

    /// It is ready for commands.
    ///
    /// @param release the version of its playwright-core
    record Ready(String release) implements DriverMessage {}

    /// Its browser server listens.
    ///
    /// @param pid 0 when the browser is launched once its client connects
    record Launched(long id, String wsPath, long pid) implements DriverMessage {}

    /// The browser of a client that has connected runs.
    record Spawned(long id, long pid) implements DriverMessage {}

    /// The client of a browser has connected, and its launch waits for a permit.
    record LaunchRequested(long id) implements DriverMessage {}

    /// A launch for a client that has connected is over.
    ///
    /// @param succeeded whether the browser runs
    record LaunchEnded(long id, boolean succeeded) implements DriverMessage {}

    /// The browser may not be launched with the client's options.
    ///
    /// @param option the name of the launch option
    record Refused(long id, String option, String why) implements DriverMessage {}

    /// Its event loop runs.
    record Pong(long number) implements DriverMessage {}

    record Failed(long id, String why) implements DriverMessage {}

    /// The browser runs, but rejects what this version of Playwright sends it to open a page.
    record Incompatible(long id, String why) implements DriverMessage {}

    /// The browser ended without having been closed.
    record Died(long id, String how) implements DriverMessage {}

    /// Console messages of the pages of one session were too fast or too long.
    ///
    /// @param connection the number of the session's connection
    /// @param dropped how many were dropped
    /// @param cut how many texts were cut
    record ConsoleBounded(long id, long connection, long dropped, long cut) implements DriverMessage {}

    /// A browser is ready for another session, or why it is not.
    record Emptied(long id, Optional<String> refusal) implements DriverMessage {}

    record Closed(long id) implements DriverMessage {}

    /// The pages of a session.
    ///
    /// @param call the number of the question
    /// @param failed why they are not known; empty when they are
    record Pages(long id, long call, List<PageViews.ViewedPage> pages, String failed) implements DriverMessage {}

    /// What a session has called.
    ///
    /// @param call the number of the question
    record Timeline(long id, long call, SessionTimeline timeline) implements DriverMessage {}

    /// A picture of a page.
    ///
    /// @param jpeg in base64; empty when there is no page
    record Picture(long id, long view, String jpeg) implements DriverMessage {}

    /// No pictures can be taken.
    record ViewFailed(long id, long view, String why) implements DriverMessage {}

    /// It has ended one session of a browser.
    ///
    /// @param connection the number of the session's connection
    /// @param cause the words of a [SessionEnding.Cause]
    /// @param detail empty for none; for the client, but for an error, which may name files of the worker
    record Ended(long id, long connection, String cause, String detail) implements DriverMessage {
        SessionEnding ending() {
            var known = SessionEnding.Cause.ofWords(cause).orElse(SessionEnding.Cause.INTERNAL_ERROR);
            return detail.isEmpty() || known == SessionEnding.Cause.DRIVER_ERROR
                    ? SessionEnding.of(known)
                    : SessionEnding.of(known, detail);
        }
    }

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
        if (node.has("pong")) {
            return Optional.of(new Pong(node.path("pong").asLong(0)));
        }
        if (node.has("picture")) {
            var picture = node.path("picture");
            return Optional.of(new Picture(
                    id, picture.path("view").asLong(0), picture.path("data").asString("")));
        }
        if (node.has("pages")) {
            return Optional.of(pages(id, node.path("pages")));
        }
        if (node.has("timeline")) {
            var answer = node.path("timeline");
            return Optional.of(new Timeline(id, answer.path("call").asLong(0), SessionTimeline.read(answer)));
        }
        if (node.has("viewFailed")) {
            var failed = node.path("viewFailed");
            return Optional.of(new ViewFailed(
                    id, failed.path("view").asLong(0), failed.path("why").asString("")));
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
        if (node.has("launchRequested")) {
            return Optional.of(new LaunchRequested(id));
        }
        if (node.has("launchEnded")) {
            return Optional.of(new LaunchEnded(id, node.path("launchEnded").asBoolean(false)));
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
        if (node.has("consoleBounded")) {
            var bounded = node.path("consoleBounded");
            return Optional.of(new ConsoleBounded(
                    id,
                    bounded.path("connection").asLong(0),
                    bounded.path("dropped").asLong(0),
                    bounded.path("cut").asLong(0)));
        }
        if (node.has("emptied")) {
            return Optional.of(new Emptied(
                    id,
                    Optional.of(node.path("emptied").asString("it does not say so"))
                            .filter(why -> !why.isEmpty())));
        }
        if (node.has("ended")) {
            var ended = node.path("ended");
            return Optional.of(new Ended(
                    id,
                    ended.path("connection").asLong(0),
                    ended.path("cause").asString(""),
                    ended.path("detail").asString("")));
        }
        return node.has("closed") ? Optional.of(new Closed(id)) : Optional.empty();
    }

    private static Pages pages(long id, JsonNode answer) {
        var pages = answer.path("pages")
                .valueStream()
                .limit(MAX_PAGES)
                .map(page -> new PageViews.ViewedPage(text(page, "id"), text(page, "title")))
                .toList();
        return new Pages(
                id, answer.path("call").asLong(0), pages, answer.path("failed").asString(""));
    }

    private static String text(JsonNode page, String field) {
        var text = page.path(field).asString("");
        return text.substring(0, Math.min(text.length(), MAX_PAGE_TEXT));
    }

    /// The command that asks for [Pages].
    static String pages(long id, long call, long connection) {
        return Json.mapper()
                .writeValueAsString(Map.of("id", id, "pages", Map.of("call", call, "connection", connection)));
    }

    /// The command that asks for a [Timeline].
    static String timeline(long id, long call, long connection) {
        return Json.mapper()
                .writeValueAsString(Map.of("id", id, "timeline", Map.of("call", call, "connection", connection)));
    }

    /// The command that asks for a [Picture] now and again.
    static String view(long id, long view, long connection, PageViews.ViewOptions options) {
        var command = Map.of(
                "view", view,
                "connection", connection,
                "page", options.page().name(),
                "width", options.width(),
                "height", options.height(),
                "quality", options.quality(),
                "pause", options.pause().toMillis());
        return Json.mapper().writeValueAsString(Map.of("id", id, "view", command));
    }

    /// The command that ends that.
    static String unview(long id, long view) {
        return Json.mapper().writeValueAsString(Map.of("id", id, "unview", view));
    }

    /// The command that launches a browser server on a socket, now or when its client connects.
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
        launch.put("features", spec.features());
        launch.put("opensPage", spec.opensPage());
        launch.put("shared", spec.shared());
        spec.onConnect().ifPresent(it -> {
            launch.put("exposesNetwork", it.exposesNetwork());
            it.proxy().ifPresent(proxy -> options.put("proxy", proxy(proxy)));
            options.put("slowMo", it.slowMotion().toMillis());
            if (!it.firefoxUserPrefs().isEmpty()) {
                options.put("firefoxUserPrefs", it.firefoxUserPrefs());
            }
        });
        return Json.mapper().writeValueAsString(Map.of("id", id, launchCommand(spec), launch));
    }

    private static String launchCommand(LaunchSpec spec) {
        if (spec.protocol() == ClientProtocol.CDP) {
            return "launchCdp";
        }
        return spec.onConnect().isPresent() ? "launchOnConnect" : "launch";
    }

    private static Map<String, String> proxy(LaunchOverrides.ClientProxy proxy) {
        var options = new LinkedHashMap<String, String>();
        options.put("server", proxy.server());
        proxy.bypass().ifPresent(hosts -> options.put("bypass", hosts));
        proxy.username().ifPresent(name -> options.put("username", name));
        proxy.password().ifPresent(password -> options.put("password", password));
        return options;
    }

    /// The command that permits the launch for a client, or refuses it.
    ///
    /// @param refusal why it is refused
    static String permit(long id, Optional<String> refusal) {
        return Json.mapper().writeValueAsString(Map.of("id", id, "permit", refusal.orElse("")));
    }

    /// The command that blocks these ports of this machine and these servers, and unblocks all others.
    static String block(BlockedPorts.BlockedAddresses blocked) {
        return Json.mapper()
                .writeValueAsString(Map.of("blockPorts", blocked.ports(), "blockServers", blocked.servers()));
    }

    /// The command that asks for a [Pong].
    static String ping(long number) {
        return Json.mapper().writeValueAsString(Map.of("ping", number));
    }

    /// The command that makes a browser ready for another session.
    static String empty(long id) {
        return Json.mapper().writeValueAsString(Map.of("id", id, "empty", true));
    }

    /// The command that closes a browser.
    static String close(long id) {
        return Json.mapper().writeValueAsString(Map.of("id", id, "close", true));
    }
}
