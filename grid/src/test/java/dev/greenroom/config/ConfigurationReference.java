package dev.greenroom.config;

import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.config.CommandSettings.DrainCommandSettings;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.CommandSettings.StatusSettings;
import dev.greenroom.config.CommandSettings.StressSettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Generates `docs/configuration.md` from the records that hold the settings.
final class ConfigurationReference {
    private static final String INTRODUCTION = """
            # Every setting

            This page is generated from the program; do not edit it.

            * A setting is an environment variable or a flag of the command; the flag wins. `MAX_QUEUE_SIZE` is
              `--max-queue-size`, unless another flag is listed below its name. An empty value counts as not set.
            * Durations are whole seconds (`20`) or have a unit: `500ms`, `20s`, `5m`, `2h`. Optional ones can be
              `off`.
            * A secret can be set as a file: `REDIS_PASSWORD_FILE=/run/secrets/redis`, or `--redis-password-file`.
              One newline at the end of the file is ignored. Secrets are masked in all output. Every user of the
              machine can see flags, so set secrets as variables or files.
            * `~` at the beginning of a path is the home folder.
            * All problems are reported at once, each with name, value and rule; the exit code is 2 and nothing is
              started. A variable that is nearly the name of a setting gets a warning.
            * The effective settings are logged at start, with their source (`greenroom up`: at debug).

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

    /// One setting of one or several commands.
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
