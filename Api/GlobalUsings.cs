// Hl7.Fhir.Model has a Task and a Consent of its own; here the plain words mean .NET's and this solution's.
global using Task = System.Threading.Tasks.Task;
