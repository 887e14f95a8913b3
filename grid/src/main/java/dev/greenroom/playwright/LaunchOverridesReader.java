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

/// Reads what a client wants to be otherwise with its browser: `launch-options` and `proxy` of the query,
/// else the fields `x-playwright-launch-options` and `x-playwright-proxy`. What is not known to be harmless
/// never gets any further.
public final class LaunchOverridesReader {
    private static final Pattern HOSTS = Pattern.compile("[A-Za-z0-9.:*<>_, \\[\\]-]{1,1000}");

    private LaunchOverridesReader() {}

    /// What came of reading.
    public sealed interface OverridesResult {
        /// Wishes that may be granted, often none.
        ///
        /// @param ignored names of what the client asked for beyond them, for people; safe in a header
        record Checked(LaunchOverrides overrides, List<String> ignored) implements OverridesResult {
            public Checked {
                ignored = List.copyOf(ignored);
            }
        }

        /// A wish that may not.
        record Refused(Refusal why) implements OverridesResult {}
    }

    /// Reads a head.
    public static OverridesResult read(RequestHead head) {
        try {
            return wishes(head);
        } catch (RefusedOptionException e) {
            return new OverridesResult.Refused(new Refusal.RefusedOption(e.option(), e.why()));
        }
    }

    private static OverridesResult.Checked wishes(RequestHead head) throws RefusedOptionException {
        var network = value(head, "proxy", LaunchOverridesHeaders.NETWORK);
        if (network.isPresent() && !HOSTS.matcher(network.get()).matches()) {
            throw new RefusedOptionException("exposeNetwork", "it must be a list of host patterns, such as *");
        }
        var options = value(head, "launch-options", LaunchOverridesHeaders.LAUNCH_OPTIONS);
        return options.isPresent()
                ? LaunchOptionsParser.read(object(options.get()), network)
                : LaunchOptionsParser.none(network);
    }

    /// As Playwright's server does it: an empty parameter is none.
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
            // said below
        }
        throw new RefusedOptionException("launch-options", "they must be a JSON object");
    }

    /// The fields in which wishes travel from proxy to worker, where they are read again.
    public static List<HttpHeader> fields(LaunchOverrides overrides) {
        return LaunchOverridesHeaders.of(overrides);
    }
}
