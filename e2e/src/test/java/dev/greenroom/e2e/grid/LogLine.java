package dev.greenroom.e2e.grid;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// One line of a log, taken apart.
///
/// @param text as it was written
/// @param values as text, in the order of the line
public record LogLine(String text, Map<String, String> values) {
    private static final Pattern PAIR =
            Pattern.compile("([A-Za-z0-9_.-]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\S*))(?: |$)");
    private static final JsonMapper JSON = new JsonMapper();

    /// Reads a line of `LOG_FORMAT=text`.
    public static LogLine ofText(String line) {
        var values = new LinkedHashMap<String, String>();
        var pairs = PAIR.matcher(line);
        while (pairs.find()) {
            values.put(pairs.group(1), pairs.group(2) == null ? pairs.group(3) : pairs.group(2));
        }
        return new LogLine(line, values);
    }

    /// Reads a line of `LOG_FORMAT=json`.
    ///
    /// @throws AssertionError when it is not a JSON object
    public static LogLine ofJson(String line) {
        try {
            var values = new LinkedHashMap<String, String>();
            JSON.readTree(line)
                    .asObject()
                    .properties()
                    .forEach(
                            entry -> values.put(entry.getKey(), entry.getValue().asString()));
            return new LogLine(line, values);
        } catch (JacksonException e) {
            throw new AssertionError("not a JSON object: " + line, e);
        }
    }

    /// The value of a key, or nothing at all.
    public String get(String key) {
        return values.getOrDefault(key, "");
    }

    /// What follows the time, which differs from run to run.
    public String afterTime() {
        return text.substring(text.indexOf(' ') + 1);
    }
}
