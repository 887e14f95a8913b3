package dev.greenroom.playwright;

import dev.greenroom.playwright.LaunchPolicy.ArgumentUse;
import dev.greenroom.session.LaunchOverrides;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Parses Playwright's launch options, in JSON. Keeps the options that a client may choose. Ignores
/// unknown options and those without effect on a grid, as Playwright's own server does, and keeps their
/// names for the client's log.
final class LaunchOptionsParser {
    /// The supported options, spelled as in Playwright for Node.js. Names are compared without
    /// underscores and case, because Playwright's pytest plugin sends Python's `slow_mo`.
    private static final Map<String, String> READ =
            Set.of("headless", "channel", "args", "proxy", "slowMo", "timeout", "firefoxUserPrefs").stream()
                    .collect(Collectors.toMap(LaunchOptionsParser::normalizeName, Function.identity()));

    private static final Set<String> PROXY_PARTS = Set.of("server", "bypass", "username", "password");

    private static final Pattern CHANNEL = Pattern.compile("[a-z0-9-]{1,40}");
    private static final Pattern SERVER =
            Pattern.compile("(?:(?:https?|socks[45]?)://)?[A-Za-z0-9._\\[\\]:-]{1,300}/?");
    private static final Pattern BYPASS = Pattern.compile("[A-Za-z0-9.:*<>_,; \\[\\]/-]{0,1000}");
    private static final Pattern PREFERENCE_TEXT = Pattern.compile("[^\\p{Cntrl}]{0,1000}");
    private static final int MAX_ARGS = 200;
    private static final int MAX_PREFERENCES = 200;
    private static final int MAX_CREDENTIAL_CHARS = 1000;

    /// Maximum number of ignored names that are kept: they are sent in one header.
    private static final int MAX_IGNORED = 30;

    private static final int MAX_NAME_CHARS = 60;
    private static final long MAX_MILLIS = 600_000;

    private Optional<Boolean> headless = Optional.empty();
    private Optional<String> channel = Optional.empty();
    private final List<String> args = new ArrayList<>();
    private Optional<LaunchOverrides.ClientProxy> proxy = Optional.empty();
    private Optional<Duration> slowMotion = Optional.empty();
    private Optional<Duration> timeout = Optional.empty();
    private final Map<String, Object> firefoxUserPrefs = new LinkedHashMap<>();
    private final List<String> ignored = new ArrayList<>();
    private int moreIgnored;

    private LaunchOptionsParser() {}

    static LaunchOverridesReader.OverridesResult.Checked none(Optional<String> network) {
        return new LaunchOptionsParser().with(network);
    }

    static LaunchOverridesReader.OverridesResult.Checked read(JsonNode options, Optional<String> network)
            throws RefusedOptionException {
        var read = new LaunchOptionsParser();
        for (var option : options.properties()) {
            if (!isUnset(option.getValue())) {
                read.take(option.getKey(), option.getValue());
            }
        }
        return read.with(network);
    }

    private LaunchOverridesReader.OverridesResult.Checked with(Optional<String> network) {
        return new LaunchOverridesReader.OverridesResult.Checked(
                new LaunchOverrides(network, headless, channel, args, proxy, slowMotion, timeout, firefoxUserPrefs),
                ignoredNames());
    }

    /// @param words text from the client
    private void ignore(String... words) {
        var name = String.join(
                " ", Stream.of(words).map(LaunchOptionsParser::sanitized).toList());
        if (ignored.size() == MAX_IGNORED) {
            moreIgnored++;
        } else if (!ignored.contains(name)) {
            ignored.add(name);
        }
    }

    private List<String> ignoredNames() {
        return moreIgnored == 0
                ? ignored
                : Stream.concat(ignored.stream(), Stream.of(moreIgnored + " more"))
                        .toList();
    }

    /// Truncates a client's text and replaces all characters that are special in headers, JSON or a
    /// terminal.
    private static String sanitized(String text) {
        var head = text.substring(0, Math.min(MAX_NAME_CHARS, text.length()));
        return head.isEmpty() ? "?" : head.replaceAll("[^A-Za-z0-9._-]", "?");
    }

    private static boolean isUnset(JsonNode value) {
        return value.isNull() || (value.isContainer() && value.isEmpty());
    }

    private static String normalizeName(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    private void take(String given, JsonNode value) throws RefusedOptionException {
        var name = READ.getOrDefault(normalizeName(given), "");
        switch (name) {
            case "headless" -> {
                require(value.isBoolean(), name, "it must be true or false");
                headless = Optional.of(value.booleanValue());
            }
            case "channel" -> takeChannel(value);
            case "args" -> takeArguments(value);
            case "proxy" -> proxy = Optional.of(proxy(value));
            case "slowMo" -> {
                require(
                        isMillis(value) && value.asDouble(0) <= MAX_MILLIS,
                        name,
                        "it must be a number of milliseconds, 0 to " + MAX_MILLIS);
                slowMotion = Optional.of(millis(value));
            }
            case "timeout" -> {
                require(isMillis(value), name, "it must be a number of milliseconds, 0 or more");
                timeout = Optional.of(millis(value));
            }
            case "firefoxUserPrefs" -> takePreferences(value);
            default -> ignore(given);
        }
    }

    private void takeChannel(JsonNode value) {
        var name = value.asString("");
        if (CHANNEL.matcher(name).matches()) {
            channel = Optional.of(name);
        } else {
            ignore("channel");
        }
    }

    private void takeArguments(JsonNode value) throws RefusedOptionException {
        require(value.isArray() && value.size() <= MAX_ARGS, "args", "it must be a list of at most " + MAX_ARGS);
        for (var element : value) {
            var argument = element.asString("");
            switch (LaunchPolicy.argument(argument)) {
                case PASSED -> args.add(argument);
                case ALREADY_SET -> {
                    // The browser has it.
                }
                case IGNORED -> ignore("args", LaunchPolicy.argumentName(argument));
                case REFUSED ->
                    throw new RefusedOptionException(
                            "args", sanitized(LaunchPolicy.argumentName(argument)) + " " + LaunchPolicy.REFUSED_RULE);
            }
        }
    }

    private void takePreferences(JsonNode value) throws RefusedOptionException {
        var name = "firefoxUserPrefs";
        require(
                value.isObject() && value.size() <= MAX_PREFERENCES,
                name,
                "it must be an object with at most " + MAX_PREFERENCES + " preferences");
        for (var preference : value.properties()) {
            var setting = preferenceValue(preference.getValue());
            var use = LaunchPolicy.preference(preference.getKey());
            if (use == ArgumentUse.REFUSED) {
                throw new RefusedOptionException(
                        name, sanitized(preference.getKey()) + " " + LaunchPolicy.REFUSED_RULE);
            }
            if (use == ArgumentUse.PASSED && setting.isPresent()) {
                firefoxUserPrefs.put(preference.getKey(), setting.get());
            } else {
                ignore(name, preference.getKey());
            }
        }
    }

    private static Optional<Object> preferenceValue(JsonNode value) {
        if (value.isBoolean()) {
            return Optional.of(value.booleanValue());
        }
        if (value.isInt()) {
            return Optional.of(value.intValue());
        }
        return Optional.<Object>of(value.asString(""))
                .filter(text -> value.isString()
                        && PREFERENCE_TEXT.matcher((String) text).matches());
    }

    private static LaunchOverrides.ClientProxy proxy(JsonNode value) throws RefusedOptionException {
        require(value.isObject(), "proxy", "it must be an object with a server");
        var parts = new LinkedHashMap<String, JsonNode>();
        for (var part : value.properties()) {
            var name = normalizeName(part.getKey());
            require(PROXY_PARTS.contains(name), "proxy." + sanitized(part.getKey()), "a proxy has no such part");
            parts.put(name, part.getValue());
        }
        var server = Optional.ofNullable(parts.get("server"));
        return new LaunchOverrides.ClientProxy(
                text("proxy.server", server, SERVER).orElseThrow(() -> badValue("proxy.server")),
                text("proxy.bypass", Optional.ofNullable(parts.get("bypass")), BYPASS),
                credential("proxy.username", Optional.ofNullable(parts.get("username"))),
                credential("proxy.password", Optional.ofNullable(parts.get("password"))));
    }

    private static Optional<String> credential(String name, Optional<JsonNode> value) throws RefusedOptionException {
        var text = value.filter(JsonNode::isString).map(JsonNode::asString);
        require(text.orElse("").length() <= MAX_CREDENTIAL_CHARS, name, "it is too long");
        return text;
    }

    private static Optional<String> text(String name, Optional<JsonNode> value, Pattern pattern)
            throws RefusedOptionException {
        var text = value.filter(JsonNode::isString).map(JsonNode::asString);
        if (text.isPresent() && !pattern.matcher(text.get()).matches()) {
            throw badValue(name);
        }
        return text;
    }

    private static RefusedOptionException badValue(String name) {
        return new RefusedOptionException(name, "its value is not valid");
    }

    private static boolean isMillis(JsonNode value) {
        return value.isNumber() && value.asDouble(0) >= 0;
    }

    private static Duration millis(JsonNode value) {
        return Duration.ofMillis(Math.min(Math.round(value.asDouble(0)), MAX_MILLIS));
    }

    private static void require(boolean holds, String name, String rule) throws RefusedOptionException {
        if (!holds) {
            throw new RefusedOptionException(name, rule);
        }
    }

    /// Thrown for a launch option that no client may choose.
    static final class RefusedOptionException extends Exception {
        private static final long serialVersionUID = 1;

        private final String option;
        private final String why;

        RefusedOptionException(String option, String why) {
            super(option + ": " + why);
            this.option = option;
            this.why = why;
        }

        String option() {
            return option;
        }

        String why() {
            return why;
        }
    }
}
