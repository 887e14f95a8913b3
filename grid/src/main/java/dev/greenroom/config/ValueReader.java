package dev.greenroom.config;

import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.session.SessionLimit;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Converts texts to the types of settings.
final class ValueReader {
    private final Path home;

    /// @param home what `~` stands for
    ValueReader(Path home) {
        this.home = home;
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
        var value = switch (type.getTypeName()) {
            case "int" -> wholeNumber(text);
            case "dev.greenroom.session.SessionLimit" -> wholeNumber(text).map(SessionLimit::set);
            case "boolean" -> readBoolean(text);
            case "java.lang.String" -> Optional.of(text);
            case "java.time.Duration" -> DurationText.parse(text);
            case "java.nio.file.Path" -> path(text);
            case "dev.greenroom.config.ByteSize" -> ByteSize.parse(text);
            case "dev.greenroom.config.Secret" -> Optional.of(new Secret(text));
            case "dev.greenroom.config.TokenList$AuthTokens" -> Optional.of(new AuthTokens(new Secret(text)));
            case "dev.greenroom.session.SupportedVersions" -> SupportedVersions.of(text);
            default -> throw new IllegalStateException("no setting can be a " + type);
        };
        return value.<ConvertedValue>map(Accepted::new).orElseGet(() -> new Rejected("must be " + rule(type)));
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
        return switch (type.getTypeName()) {
            case "int", "dev.greenroom.session.SessionLimit" -> "NUMBER";
            case "boolean" -> "true|false";
            case "java.time.Duration" -> "DURATION";
            case "java.nio.file.Path" -> "PATH";
            case "dev.greenroom.config.ByteSize" -> "BYTES";
            case "dev.greenroom.session.SupportedVersions" -> "any|VERSIONS";
            default -> "TEXT";
        };
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

    private static String rule(Type type) {
        return switch (type.getTypeName()) {
            case "int", "dev.greenroom.session.SessionLimit" -> "a whole number";
            case "boolean" -> "true or false";
            case "java.time.Duration" -> "seconds, or a duration such as 500ms, 20s, 5m or 2h, and at most a year";
            case "java.nio.file.Path" -> "a path";
            case "dev.greenroom.config.ByteSize" -> "an amount of memory such as 512m or 2g";
            default -> "any, or a list of versions such as 1.62,1.65";
        };
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

    private Optional<Path> path(String text) {
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
