using OrleansTagging.Trainer;

return await TrainerProgram.RunAsync(args);
