package dev.greenroom.cli;

import dev.greenroom.cli.Commands.CommandLauncher.CommandStart;
import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.Commands.LogStarter;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.CommandSettings.LogSettings;
import dev.greenroom.config.CommandSettings.LogSettings.LogFormat;
import dev.greenroom.config.CommandSettings.LogSettings.LogLevel;
import dev.greenroom.config.CommandSettings.ServiceSettings;
import dev.greenroom.config.CommandSettings.ToolSettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.SettingsCatalog;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting;
import dev.greenroom.config.SettingsReader.SettingsResult.EffectiveSetting.SettingSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.ParseResult;

/// One command from its flags to its exit code: reads the settings, opens the log, runs the command.
final class CommandRun<S extends CommandSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(CommandRun.class);

    private static final String LOG_FORMAT = "LOG_FORMAT";

    private final SettingsCatalog<S> catalog;
    private final CommandStart<S> start;
    private final LogStarter logStarter;
    private final Map<String, String> environment;
    private final Path home;
    private final PrintWriter err;

    /// @param home what `~` stands for in settings
    CommandRun(
            Class<S> root,
            CommandStart<S> start,
            LogStarter logStarter,
            Map<String, String> environment,
            Path home,
            PrintWriter err) {
        this.catalog = SettingsCatalog.of(root);
        this.start = start;
        this.logStarter = logStarter;
        this.environment = environment;
        this.home = home;
        this.err = err;
    }

    SettingsCatalog<S> catalog() {
        return catalog;
    }

    /// @param name of the command, in messages
    /// @param flags by the names of settings
    int run(String name, Map<String, String> flags) {
        var reader = CommandSettings.reader(home);
        return switch (reader.read(catalog.root(), environment, flags)) {
            case SettingsResult.Valid<S> valid -> start(name, valid);
            case SettingsResult.Invalid<S>(List<String> problems, List<String> warnings) ->
                refuse(name, flags, problems, warnings);
        };
    }

    private int start(String name, SettingsResult.Valid<S> valid) {
        return switch (valid.settings()) {
            case ServiceSettings service -> serve(name, service.log(), valid);
            case ToolSettings _ -> runCommand(name, valid.settings());
        };
    }

    private int serve(String name, LogSettings log, SettingsResult.Valid<S> valid) {
        try (var _ = logStarter.open(log)) {
            logEffective(valid);
            valid.warnings()
                    .forEach(advice -> LOG.atWarn()
                            .addKeyValue("code", "setting-is-doubtful")
                            .addKeyValue("advice", advice)
                            .log("Questionable setting"));
            return runCommand(name, valid.settings());
        }
    }

    /// Whether a failed start is reported as a log line: the log is JSON, so a machine reads it.
    private static boolean logsJson(CommandSettings settings) {
        return settings instanceof ServiceSettings service && service.log().format() == LogFormat.JSON;
    }

    private int runCommand(String name, S settings) {
        try {
            return start.run(settings);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return failed(name, stopped, logsJson(settings));
        } catch (Exception failure) {
            return failed(name, failure, logsJson(settings));
        }
    }

    private int failed(String name, Exception failure, boolean json) {
        LOG.atDebug().setCause(failure).log("Command failed");
        var message = failure.getMessage();
        var sentence = message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
        var line = sentence.lines().findFirst().orElse("");
        if (json) {
            LOG.atError()
                    .addKeyValue("code", "COMMAND_FAILED")
                    .addKeyValue("cause", line)
                    .log(name + " failed");
        } else {
            err.println(name + ": " + line);
            err.flush();
        }
        return ExitCodes.FAILED;
    }

    private int refuse(String name, Map<String, String> flags, List<String> problems, List<String> warnings) {
        var count = problems.size() == 1 ? "a setting is wrong" : problems.size() + " settings are wrong";
        if (wouldLogJson(flags) && (isGiven(flags, LOG_FORMAT) || !Terminal.isInteractive())) {
            try (var _ = logStarter.open(new LogSettings(LogLevel.INFO, LogFormat.JSON))) {
                LOG.atError()
                        .addKeyValue("code", "SETTINGS_WRONG")
                        .addKeyValue("problems", String.join(" | ", problems))
                        .addKeyValue("warnings", String.join(" | ", warnings))
                        .log(name + ": " + count + ", nothing was started");
            }
            return ExitCodes.USAGE;
        }
        err.println(name + ": " + count + ", nothing was started");
        problems.forEach(problem -> err.println("  " + problem));
        warnings.forEach(warning -> err.println("  (" + warning + ")"));
        err.flush();
        return ExitCodes.USAGE;
    }

    private boolean isGiven(Map<String, String> flags, String name) {
        return flags.containsKey(name) || !environment.getOrDefault(name, "").isBlank();
    }

    /// Whether the log would be JSON if the settings were valid.
    private boolean wouldLogJson(Map<String, String> flags) {
        return catalog.settings()
                .filter(entry -> entry.name().equals(LOG_FORMAT))
                .map(entry -> flags.getOrDefault(LOG_FORMAT, environment.getOrDefault(LOG_FORMAT, entry.fallback())))
                .anyMatch(format -> format.equalsIgnoreCase(LogFormat.JSON.name()));
    }

    /// At info for `proxy` and `worker`, at debug for `up`, which prints a banner.
    private void logEffective(SettingsResult.Valid<S> valid) {
        var line = LOG.atLevel(valid.settings() instanceof UpSettings ? Level.DEBUG : Level.INFO)
                .addKeyValue("code", "SETTINGS");
        for (var setting : valid.effective()) {
            line = setting.value().isEmpty() ? line : line.addKeyValue(setting.name(), shown(setting));
        }
        line.log("Effective settings");
    }

    private static String shown(EffectiveSetting setting) {
        return setting.source() == SettingSource.DEFAULT
                ? setting.value()
                : setting.value() + " (" + setting.source().name().toLowerCase(Locale.ROOT) + ")";
    }

    /// The flags that were given, by the names of settings.
    Map<String, String> flags(ParseResult parsed) {
        var flags = new HashMap<String, String>();
        catalog.settings().forEach(entry -> take(flags, parsed, entry));
        return flags;
    }

    private static void take(Map<String, String> flags, ParseResult parsed, SettingDescription entry) {
        if (entry.isArgument()) {
            flags.put(entry.name(), parsed.matchedPositionalValue(0, ""));
            return;
        }
        if (entry.isSwitch()) {
            if (parsed.hasMatchedOption(entry.flag())) {
                flags.put(entry.name(), "true");
            }
            return;
        }
        if (parsed.matchedOption(entry.flag()) != null) {
            flags.put(entry.name(), parsed.<String>matchedOptionValue(entry.flag(), ""));
        }
        entry.fileFlag().filter(flag -> parsed.matchedOption(flag) != null).ifPresent(flag -> {
            flags.put(entry.fileName().orElseThrow(), parsed.<String>matchedOptionValue(flag, ""));
        });
    }
}
