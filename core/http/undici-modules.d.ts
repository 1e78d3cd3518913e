/** The parts of undici that are loaded by themselves: its main module imports everything, which costs three times the time. */
declare module 'undici/lib/dispatcher/agent.js' {
  const agent: typeof import('undici').Agent;
  export default agent;
}
declare module 'undici/lib/api/api-request.js' {
  function request(
    this: import('undici').Dispatcher,
    options: import('undici').Dispatcher.RequestOptions,
  ): Promise<import('undici').Dispatcher.ResponseData>;
  export default request;
}
