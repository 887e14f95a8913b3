package dev.greenroom.ops.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.greenroom.config.settings.LogSettings;
import dev.greenroom.config.settings.LogSettings.LogFormat;
import dev.greenroom.config.settings.LogSettings.LogLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;

/// The log before it is known how: warnings as text. Found by the library as a service, which saves the
/// search for its XML files.
public final class QuietStart extends ContextAwareBase implements Configurator {
    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ProcessLog.configure(
                context,
                new LogSettings(LogLevel.WARN, LogFormat.TEXT),
                ProcessLog.stream(context, LogFormat.TEXT, new FileOutputStream(FileDescriptor.out)));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
