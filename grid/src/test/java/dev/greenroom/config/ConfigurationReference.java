package dev.greenroom.config;

import dev.greenroom.config.settings.CommandSettings;
import dev.greenroom.config.settings.DoctorSettings;
import dev.greenroom.config.settings.DrainCommandSettings;
import dev.greenroom.config.settings.ProxySettings;
import dev.greenroom.config.settings.StatusSettings;
import dev.greenroom.config.settings.StressSettings;
import dev.greenroom.config.settings.UpSettings;
import dev.greenroom.config.settings.WorkerSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes `docs/configuration.md` from the records that hold the settings.
final class ConfigurationReference {
    private static final String INTRODUCTION = """
            # Every setting

            This page is written from the program; do not edit it.

            * A setting is an environment variable or a flag of the command; the flag counts. `MAX_QUEUE_SIZE` is
              `--max-queue-size`, unless another flag stands below its name. An empty value counts as not given.
            * Durations are whole seconds (`20`) or have a unit: `500ms`, `20s`, `5m`, `2h`. Optional ones can be
              `off`.
            * A secret can be given as a file: `REDIS_PASSWORD_FILE=/run/secrets/redis`, or `--redis-password-file`.
              One newline at its end is dropped. Secrets are masked wherever settings are shown. Flags are visible to
              every user of the machine, so give secrets as variables or files.
            * `~` at the beginning of a path is the home folder.
            * Everything that is wrong is said at once, each with name, value and rule; the exit code is 2 and nothing
              was started. A variable that is nearly a setting is warned about.
            * The settings that are in effect are logged at start, with where they come from (`greenroom up`: at
              debug).

            `greenroom COMMAND --help` shows the same for one command.
            """;

    /// The commands, in the order in which their settings are shown.
    private static final Map<Class<? extends CommandSettings>, String> ROOTS = new LinkedHashMap<>();

    static {
        ROOTS.put(ProxySettings.class, "proxy");
        ROOTS.put(WorkerSettings.class, "worker");
        ROOTS.put(UpSettings.class, "up");
        ROOTS.put(DoctorSettings.class, "doctor");
        ROOTS.put(StatusSettings.class, "status");
        ROOTS.put(StressSettings.class, "stress");
        ROOTS.put(DrainCommandSettings.class, "drain");
    }

    private ConfigurationReference() {}

    /// One setting as one or several commands know it.
    private record Row(SettingDescription entry, Map<String, String> fallbacks) {}

    static String markdown() {
        var page = new StringBuilder(INTRODUCTION);
        sections().forEach((title, rows) -> page.append(section(title, rows)));
        return page.toString();
    }

    private static Map<String, List<Row>> sections() {
        var sections = new LinkedHashMap<String, List<Row>>();
        for (var root : ROOTS.keySet()) {
            for (var section : SettingsCatalog.of(root).sections()) {
                section.settings().stream()
                        .filter(SettingDescription::hasVariable)
                        .forEach(entry -> row(sections.computeIfAbsent(section.title(), _ -> new ArrayList<>()), entry)
                                .fallbacks()
                                .put(ROOTS.getOrDefault(root, ""), entry.fallback()));
            }
        }
        return sections;
    }

    private static Row row(List<Row> rows, SettingDescription entry) {
        return rows.stream()
                .filter(row -> row.entry().name().equals(entry.name()))
                .findFirst()
                .orElseGet(() -> {
                    var row = new Row(entry, new LinkedHashMap<>());
                    rows.add(row);
                    return row;
                });
    }

    private static String section(String title, List<Row> rows) {
        var head = "\n## " + title + "\n\n| setting | default | commands | meaning |\n|---|---|---|---|\n";
        return rows.stream().map(ConfigurationReference::line).collect(Collectors.joining("", head, ""));
    }

    private static String line(Row row) {
        var entry = row.entry();
        var flag = entry.way().flag().isEmpty() ? Stream.<String>of() : Stream.of(entry.flag());
        var names = Stream.concat(entry.variables().stream(), flag).collect(Collectors.joining("`<br>`", "`", "`"));
        var commands = row.fallbacks().keySet().stream().collect(Collectors.joining("`, `", "`", "`"));
        var meaning = entry.meaning().replace("|", "\\|");
        return "| " + names + " | " + fallback(row) + " | " + commands + " | " + meaning + " |\n";
    }

    private static String fallback(Row row) {
        var usual = row.entry().fallback();
        var text = new StringBuilder(usual.isEmpty() ? "–" : "`" + usual + "`");
        if (!row.entry().fallbackAtMost().isEmpty()) {
            text.append(", at most `").append(row.entry().fallbackAtMost()).append('`');
        }
        row.fallbacks().forEach((command, fallback) -> {
            if (!fallback.equals(usual)) {
                text.append("; `")
                        .append(command)
                        .append("`: `")
                        .append(fallback)
                        .append('`');
            }
        });
        return text.toString();
    }
}
