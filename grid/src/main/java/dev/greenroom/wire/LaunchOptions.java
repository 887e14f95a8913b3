package dev.greenroom.wire;

import dev.greenroom.session.Wishes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Playwright's launch options, in JSON, as far as a client may choose them.
final class LaunchOptions {
    /// Of no meaning for a browser that runs elsewhere; Playwright's test runner sends some of them with every connect.
    private static final Set<String> OF_THE_CLIENT_ITSELF = Set.of(
            "handleSIGINT", "handleSIGTERM", "handleSIGHUP", "tracesDir", "artifactsDir", "downloadsPath", "logger");

    private static final Set<String> NO_WISH_IF_FALSE = Set.of("devtools", "ignoreDefaultArgs", "ignoreAllDefaultArgs");

    private static final Pattern CHANNEL = Pattern.compile("[a-z0-9-]{1,40}");
    private static final Pattern SERVER =
            Pattern.compile("(?:(?:https?|socks[45]?)://)?[A-Za-z0-9._\\[\\]:-]{1,300}/?");
    private static final Pattern BYPASS = Pattern.compile("[A-Za-z0-9.:*<>_,; \\[\\]/-]{0,1000}");
    private static final int MAX_ARGS = 64;
    private static final int MAX_CREDENTIAL_CHARS = 1000;
    private static final long MAX_MILLIS = 600_000;

    private Optional<Boolean> headless = Optional.empty();
    private Optional<String> channel = Optional.empty();
    private List<String> args = List.of();
    private Optional<Wishes.Proxy> proxy = Optional.empty();
    private Optional<Duration> slowMotion = Optional.empty();
    private Optional<Duration> timeout = Optional.empty();

    private LaunchOptions() {}

    static Wishes none(Optional<String> network) {
        return new LaunchOptions().with(network);
    }

    static Wishes read(JsonNode options, Optional<String> network) throws RefusedOptionException {
        var read = new LaunchOptions();
        for (var option : options.properties()) {
            if (isWish(option.getKey(), option.getValue())) {
                read.take(option.getKey(), option.getValue());
            }
        }
        return read.with(network);
    }

    private Wishes with(Optional<String> network) {
        return new Wishes(network, headless, channel, args, proxy, slowMotion, timeout);
    }

    private static boolean isWish(String name, JsonNode value) {
        return !OF_THE_CLIENT_ITSELF.contains(name)
                && !value.isNull()
                && !(value.isContainer() && value.isEmpty())
                && !(NO_WISH_IF_FALSE.contains(name) && value.isBoolean() && !value.booleanValue());
    }

    private void take(String name, JsonNode value) throws RefusedOptionException {
        switch (name) {
            case "headless" -> {
                require(value.isBoolean(), name, "it must be true or false");
                headless = Optional.of(value.booleanValue());
            }
            case "channel" -> channel = Optional.of(text(name, value, CHANNEL));
            case "args" -> args = args(value);
            case "proxy" -> proxy = Optional.of(proxy(value));
            case "slowMo" -> slowMotion = Optional.of(millis(name, value));
            case "timeout" -> timeout = Optional.of(millis(name, value));
            default -> throw new RefusedOptionException(name, "a grid does not let clients choose it");
        }
    }

    private static List<String> args(JsonNode value) throws RefusedOptionException {
        require(value.isArray() && value.size() <= MAX_ARGS, "args", "it must be a list of at most " + MAX_ARGS);
        var args = new ArrayList<String>();
        for (var element : value) {
            var argument = element.asString("");
            if (!HarmlessArguments.include(argument)) {
                var name = argument.replaceFirst("=.*", "").replaceAll("[^a-zA-Z0-9-]", "?");
                throw new RefusedOptionException(
                        "args",
                        name.substring(0, Math.min(60, name.length()))
                                + " is not on the list of those that a grid lets clients choose");
            }
            args.add(argument);
        }
        return args;
    }

    private static Wishes.Proxy proxy(JsonNode value) throws RefusedOptionException {
        require(value.isObject(), "proxy", "it must be an object with a server");
        for (var part : value.properties()) {
            var known = Set.of("server", "bypass", "username", "password").contains(part.getKey());
            require(known, "proxy." + part.getKey(), "a proxy has no such part");
        }
        return new Wishes.Proxy(
                text("proxy.server", value.path("server"), SERVER),
                value.path("bypass").isString()
                        ? Optional.of(text("proxy.bypass", value.path("bypass"), BYPASS))
                        : Optional.empty(),
                credential("proxy.username", value.path("username")),
                credential("proxy.password", value.path("password")));
    }

    private static Optional<String> credential(String name, JsonNode value) throws RefusedOptionException {
        var text = value.asString("");
        require(text.length() <= MAX_CREDENTIAL_CHARS, name, "it is too long");
        return value.isString() ? Optional.of(text) : Optional.empty();
    }

    private static String text(String name, JsonNode value, Pattern pattern) throws RefusedOptionException {
        var text = value.isString() ? value.asString() : "";
        require(value.isString() && pattern.matcher(text).matches(), name, "its value is none that it can have");
        return text;
    }

    private static Duration millis(String name, JsonNode value) throws RefusedOptionException {
        require(
                value.isNumber() && value.asDouble(0) >= 0 && value.asDouble(0) <= MAX_MILLIS,
                name,
                "it must be a number of milliseconds, 0 to " + MAX_MILLIS);
        return Duration.ofMillis(Math.round(value.asDouble(0)));
    }

    private static void require(boolean holds, String name, String rule) throws RefusedOptionException {
        if (!holds) {
            throw new RefusedOptionException(name, rule);
        }
    }
}
