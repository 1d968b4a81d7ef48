/** ROLLCALL_LIMITS of a stack in which one caller stands for many people, right and wrong ones. */
export const NO_LIMITS =
  "acts=off,acts-hour=off,acknowledgements=off,approvals=off,bulk=off,reads=off,roll-calls=off,roll-call-fleet=off,login-failures=off,unauthenticated=off";

/** ROLLCALL_BRAKES of a stack in which agents are restarted again and again. */
export const NO_BRAKES = "agent=off,automation=off,fleet=off";
