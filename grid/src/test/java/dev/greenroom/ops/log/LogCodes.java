package dev.greenroom.ops.log;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Finds the code of every log statement in a source file: the one that it gives, or the one that comes of
/// its message.
public final class LogCodes {
    private static final String LITERAL = "\"(?:[^\"\\\\]|\\\\.)*\"";
    private static final Pattern LOGS =
            Pattern.compile("\\.log\\(\\s*(\\w|" + LITERAL + "(?:\\s*\\+\\s*" + LITERAL + ")*)");
    private static final Pattern WORDS = Pattern.compile(LITERAL);
    /// In the statement, or where what is said of Redis is chosen.
    private static final Pattern GIVEN =
            Pattern.compile("(?:\"code\",\\s*|\\bline\\(\\w+,\\s*|\\bnew RedisConnectFailure\\(\\s*"
                    + "|\\bnew KnownMessage\\(\\s*" + LITERAL + ",\\s*)\"([A-Z][A-Z0-9_]*|[a-z]+(?:-[a-z]+)+)\"");

    private static final Pattern CODE_IN_STATEMENT = Pattern.compile("\"code\"|\"[A-Z][A-Z0-9_]{3,}\"");

    /// A builder that was begun, with its code, in a statement before.
    private static final Pattern BEGUN_BEFORE = Pattern.compile("\\s*line\\b[\\s\\S]*");

    private LogCodes() {}

    /// What a file logs.
    ///
    /// @param mistakes statements that have neither a code nor a message that never changes
    public record Found(Collection<String> codes, List<String> mistakes) {}

    /// Reads a source file.
    public static Found in(String source) {
        var codes = new TreeSet<String>();
        var mistakes = Stream.<String>builder();
        GIVEN.matcher(source).results().forEach(given -> codes.add(given.group(1)));
        LOGS.matcher(source).results().forEach(log -> {
            var begin = Stream.of(";", "{", "}")
                    .mapToInt(end -> source.lastIndexOf(end, log.start()))
                    .max()
                    .orElse(-1);
            var statement = source.substring(begin + 1, log.start());
            var begunBefore = BEGUN_BEFORE.matcher(statement).matches() && source.contains("\"code\"");
            if (CODE_IN_STATEMENT.matcher(statement).find() || begunBefore) {
                return;
            }
            if (log.group(1).startsWith("\"")) {
                codes.add(LogLine.kebab(message(log.group(1))));
            } else {
                mistakes.add(statement.strip() + ".log(…): give it a code of its own, since its message changes");
            }
        });
        return new Found(codes, mistakes.build().toList());
    }

    private static String message(String literals) {
        return WORDS.matcher(literals)
                .results()
                .map(word -> word.group().substring(1, word.group().length() - 1))
                .collect(Collectors.joining());
    }
}
