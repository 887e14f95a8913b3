package dev.greenroom.config;

import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.SessionLimit;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Converts texts to the types of settings.
final class ValueReader {
    private static final Map<Type, String> PLACEHOLDERS = Map.of(
            int.class, "NUMBER",
            SessionLimit.class, "NUMBER",
            boolean.class, "true|false",
            Duration.class, "DURATION",
            Path.class, "PATH",
            ByteSize.class, "BYTES",
            SupportedVersions.class, "any|VERSIONS");

    private final Map<Type, PlainType> types;

    /// How the text of a type without parameters is read.
    ///
    /// @param parser empty for an invalid text
    /// @param rule what the text must be
    private record PlainType(Function<String, Optional<?>> parser, String rule) {}

    /// @param home what `~` stands for
    ValueReader(Path home) {
        types = Map.ofEntries(
                entry(int.class, ValueReader::wholeNumber, "a whole number"),
                entry(SessionLimit.class, text -> wholeNumber(text).map(SessionLimit::set), "a whole number"),
                entry(boolean.class, ValueReader::readBoolean, "true or false"),
                entry(String.class, Optional::of, "a text"),
                entry(
                        Duration.class,
                        DurationText::parse,
                        "seconds, or a duration such as 500ms, 20s, 5m or 2h, and at most a year"),
                entry(Path.class, text -> path(home, text), "a path"),
                entry(ByteSize.class, ByteSize::parse, "an amount of memory such as 512m or 2g"),
                entry(Secret.class, text -> Optional.of(new Secret(text)), "a text"),
                entry(AuthTokens.class, text -> Optional.of(new AuthTokens(new Secret(text))), "a text"),
                entry(SupportedVersions.class, SupportedVersions::of, "any, or a list of versions such as 1.62,1.65"));
    }

    private static Map.Entry<Type, PlainType> entry(Type type, Function<String, Optional<?>> parser, String rule) {
        return Map.entry(type, new PlainType(parser, rule));
    }

    private PlainType plain(Type type) {
        return Optional.ofNullable(types.get(type))
                .orElseThrow(() -> new IllegalStateException("no setting can be a " + type));
    }

    /// The result of a conversion.
    sealed interface ConvertedValue {}

    /// @param value of the requested type
    record Accepted(Object value) implements ConvertedValue {}

    /// @param rule what the text must be
    record Rejected(String rule) implements ConvertedValue {}

    /// Converts a text that is not empty.
    ConvertedValue read(Type type, String text) {
        var inner = argument(type, Optional.class);
        if (inner.isPresent()) {
            return readOptional(inner.get(), text);
        }
        if (isList(type)) {
            return new Accepted(List.of(text.split("\\s+")));
        }
        if (type instanceof Class<?> enumeration && enumeration.isEnum()) {
            return readConstant(enumeration, text);
        }
        var plain = plain(type);
        return plain.parser()
                .apply(text)
                .<ConvertedValue>map(Accepted::new)
                .orElseGet(() -> new Rejected("must be " + plain.rule()));
    }

    /// The value of a setting without text and default; empty if the type requires a text.
    static Optional<Object> absent(Type type) {
        if (argument(type, Optional.class).isPresent()) {
            return Optional.of(Optional.empty());
        }
        return isList(type) ? Optional.of(List.of()) : Optional.empty();
    }

    /// The placeholder of a value in `--help`.
    static String label(Type type) {
        var inner = argument(type, Optional.class);
        if (inner.isPresent()) {
            return label(inner.get());
        }
        if (isList(type)) {
            return "WORDS";
        }
        if (type instanceof Class<?> enumeration && enumeration.isEnum()) {
            return String.join("|", words(enumeration));
        }
        return PLACEHOLDERS.getOrDefault(type, "TEXT");
    }

    private ConvertedValue readOptional(Type inner, String text) {
        var canBeOff = inner.equals(Duration.class) || inner.equals(ByteSize.class);
        if (canBeOff && text.equalsIgnoreCase("off")) {
            return new Accepted(Optional.empty());
        }
        return switch (read(inner, text)) {
            case Accepted(Object value) -> new Accepted(Optional.of(value));
            case Rejected(String rule) -> new Rejected(canBeOff ? rule + ", or off" : rule);
        };
    }

    private static ConvertedValue readConstant(Class<?> enumeration, String text) {
        return constants(enumeration)
                .filter(constant -> word(constant).equalsIgnoreCase(text))
                .findFirst()
                .<ConvertedValue>map(Accepted::new)
                .orElseGet(() -> new Rejected("must be " + oneOf(words(enumeration))));
    }

    private static Optional<Integer> wholeNumber(String text) {
        try {
            return Optional.of(Integer.parseInt(text));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static Optional<Boolean> readBoolean(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> Optional.of(true);
            case "false" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    private static Optional<Path> path(Path home, String text) {
        try {
            var inHome = text.equals("~") || text.startsWith("~/");
            return Optional.of(inHome ? home.resolve(text.substring(Math.min(2, text.length()))) : Path.of(text));
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }

    private static List<String> words(Class<?> enumeration) {
        return constants(enumeration).map(ValueReader::word).toList();
    }

    private static Stream<Object> constants(Class<?> enumeration) {
        return Arrays.stream(enumeration.getEnumConstants());
    }

    private static String word(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
    }

    private static String oneOf(List<String> words) {
        var last = words.size() - 1;
        return words.stream().limit(last).collect(Collectors.joining(", ")) + " or " + words.get(last);
    }

    private static boolean isList(Type type) {
        return argument(type, List.class).isPresent();
    }

    private static Optional<Type> argument(Type type, Class<?> container) {
        return type instanceof ParameterizedType generic && generic.getRawType().equals(container)
                ? Optional.of(generic.getActualTypeArguments()[0])
                : Optional.empty();
    }
}
