package dev.greenroom.playwright;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.playwright.LaunchOptionsParser.RefusedOptionException;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Reads a client's launch options: the query parameters `launch-options`, or `launch` as other grids call
/// it, and `proxy`, else the headers `x-playwright-launch-options` and `x-playwright-proxy`. Only options that are
/// known to be harmless are
/// returned.
public final class LaunchOverridesReader {
    private static final Pattern HOSTS = Pattern.compile("[A-Za-z0-9.:*<>_, \\[\\]-]{1,1000}");

    private LaunchOverridesReader() {}

    /// The result of reading the launch options.
    public sealed interface OverridesResult {
        /// Launch options that the client may choose, often none.
        ///
        /// @param ignored names of further options, which are ignored; for the log, safe in a header
        ///     value
        record Checked(LaunchOverrides overrides, List<String> ignored) implements OverridesResult {
            public Checked {
                ignored = List.copyOf(ignored);
            }
        }

        /// A launch option that the client may not choose.
        record Refused(Refusal why) implements OverridesResult {}
    }

    /// Reads the launch options of a request.
    public static OverridesResult read(RequestHead head) {
        try {
            return readOptions(head);
        } catch (RefusedOptionException e) {
            return new OverridesResult.Refused(new Refusal.RefusedOption(e.option(), e.why()));
        }
    }

    private static OverridesResult.Checked readOptions(RequestHead head) throws RefusedOptionException {
        var network = value(head, "proxy", LaunchOverridesHeaders.NETWORK);
        if (network.isPresent() && !HOSTS.matcher(network.get()).matches()) {
            throw new RefusedOptionException("exposeNetwork", "it must be a list of host patterns, such as *");
        }
        var options = value(head, "launch-options", LaunchOverridesHeaders.LAUNCH_OPTIONS)
                .or(() -> head.query("launch").filter(text -> !text.isEmpty()));
        return options.isPresent()
                ? LaunchOptionsParser.read(object(options.get()), network)
                : LaunchOptionsParser.none(network);
    }

    /// An empty parameter counts as missing, as in Playwright's own server.
    private static Optional<String> value(RequestHead head, String parameter, String field) {
        return head.query(parameter)
                .filter(text -> !text.isEmpty())
                .or(() -> head.header(field))
                .filter(text -> !text.isBlank());
    }

    private static JsonNode object(String text) throws RefusedOptionException {
        try {
            var node = Json.mapper().readTree(text);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException _) {
            // Refused below.
        }
        throw new RefusedOptionException("launch-options", "they must be a JSON object");
    }

    /// The headers in which a proxy sends launch options to a worker, which reads them again.
    public static List<HttpHeader> headers(LaunchOverrides overrides) {
        return LaunchOverridesHeaders.of(overrides);
    }
}
