package dev.greenroom.wire;

import dev.greenroom.session.Refusal;
import dev.greenroom.session.Wishes;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Reads what a client wants to be otherwise with its browser: `launch-options` and `proxy` of the query, else the
/// fields `x-playwright-launch-options` and `x-playwright-proxy`. What is not known to be harmless never gets any
/// further.
public final class WishReader {
    private static final Pattern HOSTS = Pattern.compile("[A-Za-z0-9.:*<>_, \\[\\]-]{1,1000}");

    private WishReader() {}

    /// What came of reading.
    public sealed interface Read {
        /// Wishes that may be granted, often none.
        ///
        /// @param ignored names of what the client asked for beyond them, for people; safe in a header
        record Checked(Wishes wishes, List<String> ignored) implements Read {
            public Checked {
                ignored = List.copyOf(ignored);
            }
        }

        /// A wish that may not.
        record Refused(Refusal why) implements Read {}
    }

    /// Reads a head.
    public static Read read(RequestHead head) {
        try {
            return wishes(head);
        } catch (RefusedOptionException e) {
            return new Read.Refused(new Refusal.RefusedOption(e.option(), e.why()));
        }
    }

    private static Read.Checked wishes(RequestHead head) throws RefusedOptionException {
        var network = value(head, "proxy", WishFields.NETWORK);
        if (network.isPresent() && !HOSTS.matcher(network.get()).matches()) {
            throw new RefusedOptionException("exposeNetwork", "it must be a list of host patterns, such as *");
        }
        var options = value(head, "launch-options", WishFields.LAUNCH_OPTIONS);
        return options.isPresent() ? LaunchOptions.read(object(options.get()), network) : LaunchOptions.none(network);
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
            var node = Json.plain().readTree(text);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException _) {
            // said below
        }
        throw new RefusedOptionException("launch-options", "they must be a JSON object");
    }

    /// The fields in which wishes travel from proxy to worker, where they are read again.
    public static List<Header> fields(Wishes wishes) {
        return WishFields.of(wishes);
    }
}
